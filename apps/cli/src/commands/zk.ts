import { InvalidArgumentError, type Command } from 'commander';
import { finish, json, positiveInteger, stateDirectory } from '../command-options.js';

/** Longest time of a proof when nothing else is said, in seconds. */
const PROOF_TIMEOUT_DEFAULT_SECONDS = 300;

/** Proofs of executions, and running them again. @returns the command that they stand below */
export function addZkCommands(program: Command): Command {
  const zk = program
    .command('zk')
    .description('prove in zero knowledge that a model gave an answer')
    .enablePositionalOptions();
  addProve(zk);
  addVerify(zk);
  addDeviation(zk);
  addQuoteAndOrder(zk);
  addCid(zk);
  addProver(zk);
  addReplay(program);
  return zk;
}

function addProve(zk: Command): void {
  zk.command('prove <bundle>')
    .description('prove an output of the past, and put the proof beside its evidence')
    .requiredOption('--model <file>', 'ONNX file of the model')
    .requiredOption('--circuit <file>', 'circuit.json of the model: descriptor and verification key')
    .requiredOption('--key <file>', 'proving key (.zkey) of the circuit')
    .option('--out <file>', 'where to write the bundle; - for standard output', '-')
    .option('--timeout <seconds>', 'how long it may take', positiveInteger, PROOF_TIMEOUT_DEFAULT_SECONDS)
    .addOption(json())
    .addHelpText(
      'after',
      `
Examples:
  $ touchstone zk prove evidence.json --model models/digits-int/model.onnx \\
      --circuit models/digits-int/circuit.json --key models/digits-int/proving-key.zkey --out proven.json
  $ touchstone verify proven.json --trust trust.json --require L5`,
    )
    .action((path, options) => finish(import('./zk-prove.js').then((m) => m.zkProveCommand(path, options))));
}

function addVerify(zk: Command): void {
  zk.command('verify <bundle>')
    .description('say whether the proof in a bundle holds under a circuit, and nothing else')
    .requiredOption('--circuit <file>', 'circuit.json of the model: descriptor and verification key')
    .addOption(json())
    .addHelpText(
      'after',
      '\nExample:\n  $ touchstone zk verify proven.json --circuit models/digits-int/circuit.json',
    )
    .action((path, options) =>
      finish(import('./zk-verify.js').then((m) => m.zkVerifyCommand(path, options))),
    );
}

function addDeviation(zk: Command): void {
  zk.command('deviation')
    .description('say how far a model in whole numbers is from the floats of its file, over samples')
    .requiredOption('--model <file>', 'ONNX file of the model')
    .requiredOption('--circuit <file>', 'circuit.json of the model')
    .requiredOption(
      '--samples <file>',
      'JSON with rows of "values" (or of "inputs" by name), and a "label" where it is known',
    )
    .option('--tolerance <x>', 'largest difference at which single numbers agree', '0.01')
    .option('--out <file>', 'where to write the report that model.json names as "deviation"')
    .addOption(json())
    .addHelpText(
      'after',
      `
Examples:
  $ touchstone zk deviation --model models/digits-int/model.onnx --circuit models/digits-int/circuit.json \\
      --samples models/digits/held-out.json --out deviation.json`,
    )
    .action((options) => finish(import('./zk-deviation.js').then((m) => m.zkDeviationCommand(options))));
}

function addQuoteAndOrder(zk: Command): void {
  zk.command('quote <verificationId>')
    .description('say whether an answer of the running stack is proved, and what a proof costs and takes')
    .addOption(json())
    .addOption(stateDirectory())
    .addHelpText(
      'after',
      `
Examples:
  $ touchstone zk quote 01890a5d-ac96-774b-bcce-b302099a8057`,
    )
    .action((id, options) => finish(import('./zk-order.js').then((m) => m.zkQuoteCommand(id, options))));
  zk.command('order <verificationId>')
    .description('have an answer of the running stack proved; its evidence carries the proof from then on')
    .option('--pay', 'pay with the stack’s own development payer', false)
    .option('--max <usdc>', 'with --pay: most that is paid (the quoted price)')
    .option('--evidence <file>', 'wait for the evidence bundle with the proof and write it there')
    .addOption(json())
    .addOption(stateDirectory())
    .addHelpText(
      'after',
      `
Examples:
  $ touchstone zk order 01890a5d-ac96-774b-bcce-b302099a8057 --pay --evidence proven.json
  $ touchstone verify proven.json --trust trust.json --require L5 --allow-test`,
    )
    .action((id, options) => finish(import('./zk-order.js').then((m) => m.zkOrderCommand(id, options))));
}

function addCid(zk: Command): void {
  zk.command('cid <bundle>')
    .description(
      'print the content identifier (CID) by which the proof of a bundle is found, without asking anybody',
    )
    .option('--out <file>', 'write the bytes that it names there')
    .addOption(json())
    .addHelpText(
      'after',
      `
Examples:
  $ touchstone zk cid proven.json
  $ touchstone zk cid proven.json --out proof.json && ipfs add --cid-version=1 --raw-leaves --only-hash proof.json`,
    )
    .action((path, options) => finish(import('./zk-cid.js').then((m) => m.zkCidCommand(path, options))));
}

function addProver(zk: Command): void {
  zk.command('conformance')
    .description('examine a prover as a gateway does: it must prove, and refuse every false statement')
    .option('--program <file>', 'a program of the Prover Adapter Protocol (the built-in prover)')
    .option('--timeout <seconds>', 'how long a call may take', positiveInteger, PROOF_TIMEOUT_DEFAULT_SECONDS)
    .addOption(json())
    .addHelpText(
      'after',
      `
Examples:
  $ touchstone zk conformance
  $ touchstone zk conformance --program /opt/prover/bin/prover --json`,
    )
    .action((options) => finish(import('./zk-conformance.js').then((m) => m.zkConformanceCommand(options))));
  zk.command('export-solidity')
    .description('write the verifier of a proving key for EVM chains; its text is under GPL-3.0')
    .requiredOption('--key <file>', 'proving key (.zkey)')
    .requiredOption('--to <file>', 'where')
    .addHelpText(
      'after',
      '\nExample:\n  $ touchstone zk export-solidity --key models/digits-int/proving-key.zkey --to Verifier.sol',
    )
    .action(({ key, to }: { key: string; to: string }) =>
      finish(
        import('../zk/call-prover.js').then((m) =>
          m.callProver(['set-up', 'solidity', '--key', key, '--to', to]),
        ),
      ),
    );
  zk.command('install-native')
    .description('build the native prover with cargo; without it snarkjs proves')
    .addHelpText('after', '\nExample:\n  $ touchstone zk install-native')
    .action(() => finish(import('../zk/call-prover.js').then((m) => m.callProver(['install-native']))));
  zk.command('prover')
    .description(
      'call the prover itself: powers, set-up, install-native (see `touchstone zk prover -- --help`)',
    )
    .argument('[words...]', 'what it is told')
    .passThroughOptions()
    .allowUnknownOption()
    .addHelpText(
      'after',
      `
Examples:
  $ touchstone zk prover install-native
  $ touchstone zk prover powers make 12
  $ touchstone zk prover set-up start --model model.onnx --powers powers.ptau --to key-0.zkey`,
    )
    .action((words: string[]) => finish(import('../zk/call-prover.js').then((m) => m.callProver(words))));
}

function addReplay(program: Command): void {
  program
    .command('replay <bundles...>')
    .description(
      'run a model again on the inputs of bundles (files, folders of *.json), and compare what it gives',
    )
    .requiredOption('--model <file>', 'ONNX file of the model')
    .option('--circuit <file>', 'circuit.json, where the model is run in whole numbers')
    .option('--tolerance <x>', 'largest difference of floats that is taken for the same', '1e-5')
    .option('--sample <percent>', 'run only so many of them, drawn at random', percent, 100)
    .addOption(json())
    .addHelpText(
      'after',
      `
Examples:
  $ touchstone replay evidence.json --model models/digits/model.onnx
  $ touchstone replay evidence/ --model models/digits/model.onnx --sample 10 --json
  $ touchstone replay evidence.json --model models/digits-int/model.onnx --circuit models/digits-int/circuit.json --json`,
    )
    .action((paths, options) => finish(import('./replay.js').then((m) => m.replayCommand(paths, options))));
}

function percent(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value <= 100)) throw new InvalidArgumentError('expected more than 0, at most 100');
  return value;
}
