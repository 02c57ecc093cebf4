import { Option, type Command } from 'commander';
import { finish, json, positiveInteger, stateDirectory } from '../command-options.js';

const gateway = (): Option =>
  new Option('--url <url>', 'the inference-gateway; that of the running stack when left out');

const collect = (value: string, values: string[]): string[] => [...values, value];

const OPERATOR_HELP = `
The operator's token is TOUCHSTONE_OPERATOR_TOKEN, or that of the running stack.
`;

/** Keys of circuits to which several parties contribute. */
export function addSetUpCommands(zk: Command): void {
  const setUp = zk
    .command('setup')
    .description('keys of a circuit by several parties, over the API of a gateway');
  addAnnounce(setUp);
  setUp
    .command('list')
    .description('list the set-ups, the newest first')
    .addOption(gateway())
    .addOption(json())
    .addOption(stateDirectory())
    .addHelpText('after', '\nExample:\n  $ touchstone zk setup list')
    .action((options) => finish(import('../set-up/operate.js').then((m) => m.listCommand(options))));
  setUp
    .command('show <set-up>')
    .description('show who contributed, the announced beacon and the result; by id or address')
    .addOption(gateway())
    .addOption(json())
    .addOption(stateDirectory())
    .addHelpText('after', '\nExample:\n  $ touchstone zk setup show https://gateway.example/v1/set-ups/<id>')
    .action((target, options) =>
      finish(import('../set-up/operate.js').then((m) => m.showCommand(target, options))),
    );
  setUp
    .command('call-off <set-up>')
    .description('end an open set-up without keys')
    .addOption(gateway())
    .addOption(json())
    .addOption(stateDirectory())
    .addHelpText('after', `${OPERATOR_HELP}\nExample:\n  $ touchstone zk setup call-off <id>`)
    .action((target, options) =>
      finish(import('../set-up/operate.js').then((m) => m.callOffCommand(target, options))),
    );
  addVerify(setUp);
  addContribute(zk);
}

function addAnnounce(setUp: Command): void {
  setUp
    .command('announce')
    .description('open a set-up: the log says which block closes it, and the parties get their invitations')
    .requiredOption('--model <file>', 'ONNX file')
    .option('--options <file>', 'what it is compiled by besides')
    .requiredOption('--name <name>', 'name of the model version')
    .requiredOption('--model-version <version>', 'its version')
    .requiredOption('--developer <name>', 'its developer')
    .requiredOption('--powers <name>', 'file of powers of tau in TOUCHSTONE_POWERS_DIR of the gateway')
    .requiredOption('--party <name>', 'who is invited; give it once for each', collect, [])
    .requiredOption('--network <id>', 'chain whose block closes it, such as eip155:84532')
    .requiredOption('--in-blocks <n>', 'the block so many after the newest', positiveInteger)
    .option('--iterations <log2>', 'how often its hash is hashed, as a logarithm', positiveInteger)
    .option('--public', 'everybody may read model and keys, which hold the weights', false)
    .addOption(gateway())
    .addOption(json())
    .addOption(stateDirectory())
    .addHelpText(
      'after',
      `${OPERATOR_HELP}
Example:
  $ touchstone zk setup announce --model model.onnx --options options.json --name digits.int \\
      --model-version 1.0.0 --developer you --powers powersOfTau28_hez_final_12.ptau \\
      --party 'Party one' --party 'Party two' --network eip155:84532 --in-blocks 3000`,
    )
    .action((options) => finish(import('../set-up/operate.js').then((m) => m.announceCommand(options))));
}

function addContribute(zk: Command): void {
  zk.command('contribute <set-up>')
    .description('contribute to the keys of a set-up on this machine; by id or address')
    .requiredOption('--name <name>', 'your name, as you are invited; it is published')
    .addOption(gateway())
    .addOption(json())
    .addOption(stateDirectory())
    .addHelpText(
      'after',
      `
The token of your invitation is TOUCHSTONE_SET_UP_TOKEN.

Example:
  $ TOUCHSTONE_SET_UP_TOKEN=… touchstone zk contribute https://gateway.example/v1/set-ups/<id> --name 'Party one'`,
    )
    .action((target, options) =>
      finish(import('../set-up/contribute.js').then((m) => m.contributeCommand(target, options))),
    );
}

function addVerify(setUp: Command): void {
  setUp
    .command('verify <set-up>')
    .description('judge a finished set-up from its files, and keep them; by id or address')
    .requiredOption('--powers <file>', 'powers of tau that it stands on')
    .option('--model <file>', 'ONNX file that you hold; that of the set-up when left out')
    .option('--options <file>', 'what it is compiled by; that of the set-up when left out')
    .option('--trust <file>', 'your trust file: key of the log, hashes of blocks')
    .option(
      '--rpc-url <url>',
      'a node of the chain of the beacon, where the trust file does not list the block',
    )
    .option('--evidence-url <url>', 'the proof-service; that of the running stack when left out')
    .option(
      '--expect <hash>',
      'hash of a contribution that has to be in it; may be given several times',
      collect,
      [],
    )
    .option('--out <folder>', 'keep the files there')
    .addOption(gateway())
    .addOption(json())
    .addOption(stateDirectory())
    .addHelpText(
      'after',
      `
Model and keys are for the parties (TOUCHSTONE_SET_UP_TOKEN) and the operator (TOUCHSTONE_OPERATOR_TOKEN) unless the set-up is public.

Example:
  $ touchstone zk setup verify <id> --powers powers.ptau --trust trust.json --expect <hash that a party published>

Exit codes: 0 nothing is false, 1 something is, 3 it is not finished`,
    )
    .action((target, options) =>
      finish(import('../set-up/verify.js').then((m) => m.verifySetUpCommand(target, options))),
    );
}
