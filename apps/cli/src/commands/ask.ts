import { Option, type Command } from 'commander';
import { finish, json, stateDirectory } from '../command-options.js';

/** The commands around models: list, add, ask. @returns the command `models` */
export function addModelCommands(program: Command): Command {
  const models = program
    .command('models')
    .argument('[id]', 'the same as show <id>')
    .description('list the models of the running stack, look at one, add one')
    .enablePositionalOptions()
    .addOption(json())
    .addOption(stateDirectory())
    .addHelpText(
      'after',
      `
Examples:
  $ touchstone models
  $ touchstone models show digits
  $ touchstone models add iris.onnx --name iris --price 0.01`,
    )
    .action((id: string | undefined, options) =>
      finish(
        import('./models.js').then((m) =>
          id === undefined ? m.modelsCommand(options) : m.showModelCommand(id, options),
        ),
      ),
    );
  addShow(models);
  addAdd(models);
  addRemove(models);
  addInfer(program);
  return models;
}

function addShow(models: Command): void {
  models
    .command('show <id>')
    .description('show tensors, price, hashes and commitment of a model')
    .addOption(json())
    .addOption(stateDirectory())
    .addHelpText('after', '\nExample:\n  $ touchstone models show digits --json')
    .action((id, options) => finish(import('./models.js').then((m) => m.showModelCommand(id, options))));
}

function addAdd(models: Command): void {
  models
    .command('add <file>')
    .description('add an ONNX model to the running stack; - reads it from standard input')
    .requiredOption('--name <name>', 'id under which it is asked: a–z, 0–9 and -')
    .requiredOption('--price <usdc>', 'price of one answer, such as 0.01; 0 gives answers away')
    .option('--version <version>', 'version of the model (1.0.0)')
    .option('--developer <name>', 'who made it; stands in its identity (operator)')
    .option('--describe <text>', 'what it does')
    .option('--labels <file>', 'names of the elements of an output: a JSON array, or one name a line')
    .option('--task <slug>', 'what it is for (inference)')
    .option('--output-type <type>', 'what its answers are: classification, regression, embedding or tensor')
    .option('--licence <text>', 'licence of the model')
    .option('--image-input <file>', 'image.json: how it takes pictures')
    .option('--text-input <file>', 'text-input.json: how it takes texts, with --tokenizer')
    .option('--tokenizer <file>', 'the tokenizer.json that text-input.json names')
    .addOption(json())
    .addOption(stateDirectory())
    .addHelpText(
      'after',
      `
The file is looked through and tried in a process of its own before it is taken. docs/own-model.md says what is
taken and what is refused.

Examples:
  $ touchstone models add iris.onnx --name iris --price 0.01
  $ touchstone models add cats.onnx --name cats --price 0.01 --image-input image.json
  $ touchstone models add iris.onnx --name iris --version 1.1.0 --price 0.02 --labels labels.txt --describe "Irises"`,
    )
    .action((file, options) =>
      finish(import('./models-operate.js').then((m) => m.addModelCommand(file, options))),
    );
}

function addRemove(models: Command): void {
  models
    .command('remove <id>')
    .alias('retire')
    .description('retire a model that was added: no new requests; evidence stays')
    .addOption(json())
    .addOption(stateDirectory())
    .addHelpText('after', '\nExample:\n  $ touchstone models remove iris')
    .action((id, options) =>
      finish(import('./models-operate.js').then((m) => m.removeModelCommand(id, options))),
    );
}

function addInfer(program: Command): void {
  program
    .command('infer <model>')
    .description('ask a model of the running stack')
    .option('--input <file>', 'request body as JSON; - for standard input')
    .option('--text <text>', 'text, for models that take text')
    .option('--image <file>', 'PNG, JPEG or WebP, for models that take pictures')
    .option('--pay', 'pay with the stack’s own development payer', false)
    .option('--max <usdc>', 'with --pay: most that is paid (the listed price)')
    .addOption(
      new Option('--by <way>', 'with --pay: sign an authorisation (x402), or transfer first and claim it')
        .choices(['x402', 'transfer'])
        .default('x402'),
    )
    .addOption(
      new Option(
        '--prove <when>',
        'have the answer proved: now, for both prices, or refuse it where its proof could not be ordered later',
      ).choices(['now', 'later']),
    )
    .option('--async', 'have it answered later: print a job and do not wait', false)
    .option('--webhook <url>', 'with --async: where the job is posted once it ended')
    .option('--dry-run', 'check the input and show the price; run and pay nothing', false)
    .option('--evidence <file>', 'wait for the evidence bundle and write it there')
    .addOption(json())
    .addOption(stateDirectory())
    .addHelpText(
      'after',
      `
Examples:
  $ touchstone infer financial-sentiment --text "profits soar" --pay
  $ touchstone infer cats --image cat.jpg --pay
  $ touchstone infer digits --input digit.json --pay --evidence evidence.json
  $ touchstone infer digits --input digit.json --pay --by transfer
  $ touchstone infer digits --input digit.json --pay --async
  $ touchstone infer digits-int --input digit.json --prove now --pay --evidence proven.json
  $ echo '{"inputs":[{"name":"x","datatype":"FP32","shape":[1,2],"data":[1,2]}]}' |
      touchstone infer my-model --input - --dry-run`,
    )
    .action((model, options) => finish(import('./infer.js').then((m) => m.inferCommand(model, options))));
}
