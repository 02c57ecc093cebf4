import { nodeStatuses } from '@touchstone/contracts';
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
  addPlay(nodes);
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
With the operator's token (TOUCHSTONE_OPERATOR_TOKEN, or that of the running stack) the audit is checked too, and
the nodes are removed in the end.

Examples:
  $ touchstone nodes play
  $ TOUCHSTONE_OPERATOR_TOKEN=… touchstone nodes play --url http://127.0.0.1:8787 --json
  $ touchstone nodes play --prefix play --tokens tokens.json

Exit codes: 0 the hub says what it should, 1 it does not`,
    )
    .action((options) => finish(import('../nodes/play.js').then((m) => m.playCommand(options))));
}
