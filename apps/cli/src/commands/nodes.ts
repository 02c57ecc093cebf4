import { nodeStatuses } from '@touchstone/contracts';
import { rolloutStates } from '@touchstone/contracts/http/attestation-hub';
import { Option, type Command } from 'commander';
import { finish, json, positiveInteger, stateDirectory } from '../command-options.js';

/** Builds in a row that a hub takes for a flip-flop unless told otherwise. */
const FLIP_THRESHOLD = 3;

const hub = (): Option =>
  new Option('--url <url>', 'the attestation hub; that of the running stack when left out');

/** Commands about the nodes that an attestation hub hears of. */
export function addNodeCommands(program: Command): void {
  const nodes = program.command('nodes').description('look at nodes and their attestation, and try the hub');
  nodes
    .command('list')
    .description('list the nodes in order of their ids')
    .addOption(new Option('--status <status>', 'only nodes of this status').choices(nodeStatuses))
    .addOption(hub())
    .addOption(json())
    .addOption(stateDirectory())
    .addHelpText(
      'after',
      `
Examples:
  $ touchstone nodes list
  $ touchstone nodes list --status SPOOF_SUSPECT --url http://127.0.0.1:8787 --json`,
    )
    .action((options) => finish(import('../nodes/list.js').then((m) => m.listCommand(options))));
  nodes
    .command('show <id>')
    .description('show one node: what it says, what the hub makes of it, and what it said before')
    .addOption(hub())
    .addOption(json())
    .addOption(stateDirectory())
    .addHelpText('after', '\nExample:\n  $ touchstone nodes show node-A')
    .action((id, options) => finish(import('../nodes/show.js').then((m) => m.showCommand(id, options))));
  addDecisions(nodes);
  addRollouts(nodes);
  addKeys(nodes);
  addPlay(nodes);
}

const OPERATOR_HELP = `
The operator's token is TOUCHSTONE_OPERATOR_TOKEN, or that of the running stack.
`;
const build = (): Option => new Option('--build <id>', 'build id');
const capabilities = (): Option => new Option('--capabilities <hash>', 'capability hash, 64 hex digits');

function addDecisions(nodes: Command): void {
  nodes
    .command('approve <id>')
    .description('call a build right for a node, so that it is no drift')
    .addOption(build())
    .addOption(capabilities())
    .option('--current', 'the build that the node says now', false)
    .addOption(hub())
    .addOption(json())
    .addOption(stateDirectory())
    .addHelpText('after', `${OPERATOR_HELP}\nExample:\n  $ touchstone nodes approve node-A --current`)
    .action((id, options) =>
      finish(import('../nodes/approve.js').then((m) => m.approveCommand(id, options))),
    );
  nodes
    .command('quarantine <id>')
    .description('put a node into quarantine; where its zone enforces its policy, its outputs are not signed')
    .option('--reason <text>', 'why')
    .option('--lift', 'take it out again', false)
    .addOption(hub())
    .addOption(json())
    .addOption(stateDirectory())
    .addHelpText(
      'after',
      `${OPERATOR_HELP}
Examples:
  $ touchstone nodes quarantine node-A --reason 'image found on another host'
  $ touchstone nodes quarantine node-A --lift`,
    )
    .action((id, options) =>
      finish(import('../nodes/quarantine.js').then((m) => m.quarantineCommand(id, options))),
    );
}

function addRollouts(nodes: Command): void {
  const rollout = nodes
    .command('rollout')
    .description('windows in which one build takes the place of another');
  rollout
    .command('start <name>')
    .description('from now on the new build is right beside the old one, in any order')
    .addOption(build().makeOptionMandatory())
    .addOption(capabilities().makeOptionMandatory())
    .option('--prefix <text>', 'nodes whose names begin so')
    .option('--node <id>', 'one node; may be given several times', (id, ids: string[]) => [...ids, id], [])
    .option('--seconds <n>', 'how long it may take; then it is completed', positiveInteger, 3_600)
    .addOption(hub())
    .addOption(json())
    .addOption(stateDirectory())
    .addHelpText(
      'after',
      `${OPERATOR_HELP}
Example:
  $ touchstone nodes rollout start core-2 --build core-2026.02.01 --capabilities <hash> --prefix core-`,
    )
    .action((name, options) =>
      finish(import('../nodes/rollout.js').then((m) => m.startRolloutCommand(name, options))),
    );
  rollout
    .command('end <name>')
    .description('from now on only the new build is right; with --cancel, what was right before')
    .option('--cancel', 'take the rollout back', false)
    .addOption(hub())
    .addOption(json())
    .addOption(stateDirectory())
    .addHelpText('after', `${OPERATOR_HELP}\nExample:\n  $ touchstone nodes rollout end core-2`)
    .action((name, options) =>
      finish(import('../nodes/rollout.js').then((m) => m.endRolloutCommand(name, options))),
    );
  rollout
    .command('list')
    .description('list the rollouts')
    .addOption(new Option('--only <state>', 'only those of this state').choices(rolloutStates))
    .addOption(hub())
    .addOption(json())
    .addOption(stateDirectory())
    .addHelpText('after', `${OPERATOR_HELP}\nExample:\n  $ touchstone nodes rollout list --only open`)
    .action((options) => finish(import('../nodes/rollout.js').then((m) => m.listRolloutsCommand(options))));
}

function addKeys(nodes: Command): void {
  nodes
    .command('join-token <id>')
    .description('make a token with which one node registers its key, once')
    .option('--seconds <n>', 'how long it may be used', positiveInteger, 3_600)
    .addOption(hub())
    .addOption(json())
    .addOption(stateDirectory())
    .addHelpText('after', `${OPERATOR_HELP}\nExample:\n  $ touchstone nodes join-token node-A`)
    .action((id, options) => finish(import('../nodes/join.js').then((m) => m.joinTokenCommand(id, options))));
  nodes
    .command('join <id>')
    .description('register the key of a node; from then on its heartbeats have to be signed')
    .requiredOption('--key <file>', 'private key (Ed25519, PEM); a new one is written where there is none')
    .addOption(hub())
    .addOption(json())
    .addOption(stateDirectory())
    .addHelpText(
      'after',
      '\nThe token is TOUCHSTONE_JOIN_TOKEN.\n\nExample:\n  $ TOUCHSTONE_JOIN_TOKEN=… touchstone nodes join node-A --key node-A.pem',
    )
    .action((id, options) => finish(import('../nodes/join.js').then((m) => m.joinCommand(id, options))));
  nodes
    .command('revoke-key <id>')
    .description('revoke the key of a node; its heartbeats count for nothing until another one joins')
    .addOption(hub())
    .addOption(json())
    .addOption(stateDirectory())
    .addHelpText('after', `${OPERATOR_HELP}\nExample:\n  $ touchstone nodes revoke-key node-A`)
    .action((id, options) => finish(import('../nodes/join.js').then((m) => m.revokeKeyCommand(id, options))));
}

function addPlay(nodes: Command): void {
  nodes
    .command('play')
    .description(
      'play first seen, drift, flip-flop and missing against a running hub, and check what it says',
    )
    .addOption(hub())
    .option('--prefix <name>', 'what the names of the nodes begin with; a new one when left out')
    .option('--tokens <file>', 'JSON object of node ids and tokens, where the hub wants tokens of nodes')
    .option('--threshold <n>', 'ATTESTATION_FLIP_THRESHOLD of the hub', positiveInteger, FLIP_THRESHOLD)
    .addOption(json())
    .addOption(stateDirectory())
    .addHelpText(
      'after',
      `
With the operator's token (TOUCHSTONE_OPERATOR_TOKEN, or that of the running stack) the audit is checked too, an approved build,
a rollout and a quarantine are played, and the nodes are removed in the end.

Examples:
  $ touchstone nodes play
  $ TOUCHSTONE_OPERATOR_TOKEN=… touchstone nodes play --url http://127.0.0.1:8787 --json
  $ touchstone nodes play --prefix play --tokens tokens.json

Exit codes: 0 the hub says what it should, 1 it does not`,
    )
    .action((options) => finish(import('../nodes/play.js').then((m) => m.playCommand(options))));
}
