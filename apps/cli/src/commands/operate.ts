import type { Command } from 'commander';
import { finish, json, positiveInteger, stateDirectory } from '../command-options.js';

/** Seconds that `dlq replay` waits for the consumer unless told otherwise. */
const REPLAY_WAIT_SECONDS = 10;
/** Dead letters of one page of `dlq list` unless told otherwise. */
const LIST_LIMIT = 50;

/** The commands of somebody who operates a running stack. */
export function addOperatorCommands(program: Command): void {
  addTop(program);
  addRepublish(program);
  addMesh(program);
  const dlq = program
    .command('dlq')
    .description('look at messages that a consumer gave up on, and send them back to it');
  addList(dlq);
  addShow(dlq);
  addReplay(dlq);
  addAdvisories(dlq);
}

function addTop(program: Command): void {
  program
    .command('top')
    .description('watch the running stack: services, stages of the main job, queues, dead letters')
    .option('--interval <seconds>', 'seconds between two looks (default: 2)', positiveInteger)
    .option(
      '--once',
      'look once; the default where standard output is no terminal and no interval is given',
      false,
    )
    .addOption(json())
    .addOption(stateDirectory())
    .addHelpText(
      'after',
      `
Examples:
  $ touchstone top
  $ touchstone top --once --json
  $ touchstone top --json --interval 10 >> figures.jsonl`,
    )
    .action((options) => finish(import('./top.js').then((m) => m.topCommand(options))));
}

function addMesh(program: Command): void {
  program
    .command('mesh')
    .description('what a NATS server of your own has to know about the mesh')
    .command('users')
    .description('print the users of the mesh with their permissions for nats-server.conf')
    .option(
      '--node <name>',
      'a node that a gateway runs on; once for each',
      (name: string, before: readonly string[]) => [...before, name],
      [],
    )
    .option(
      '--template',
      'the permissions of every node at once, for the template of a scoped signing key',
      false,
    )
    .addHelpText(
      'after',
      `
The file holds no password: the server takes TOUCHSTONE_NATS_PASSWORD_<USER> from its environment.

Examples:
  $ touchstone mesh users --node node-1 --node node-2 > mesh-users.conf
  $ touchstone mesh users --template`,
    )
    .action((options) => finish(import('./mesh-users.js').then((m) => m.meshUsersCommand(options))));
}

function addRepublish(program: Command): void {
  program
    .command('republish')
    .description('publish events again that a stream lost; the services kept them for seven days')
    .option('--since <time>', 'all that were written since then: 90m, 2h, 3d or 2026-01-31T12:00:00Z')
    .option('--message <id>', 'the one with this message id')
    .option('--service <service>', 'only what this service publishes')
    .option('--dry-run', 'count them and do nothing', false)
    .addOption(json())
    .addOption(stateDirectory())
    .addHelpText(
      'after',
      `
Consumers recognise what they have, so more than was lost does no harm.

Examples:
  $ touchstone republish --since 2h --dry-run
  $ touchstone republish --since 2026-01-31T12:00:00Z --service inference-gateway`,
    )
    .action((options) => finish(import('./republish.js').then((m) => m.republishCommand(options))));
}

function addList(dlq: Command): void {
  dlq
    .command('list')
    .description('list dead letters, oldest first')
    .option('--subject <subject>', 'only messages of this subject; * and > as in NATS')
    .option('--service <service>', 'only what this service gave up on')
    .option('--durable <name>', 'only what this consumer gave up on')
    .option('--replayed', 'also those that were replayed', false)
    .option('--limit <n>', 'dead letters of one page', positiveInteger, LIST_LIMIT)
    .option('--from <seq>', 'where the page starts', positiveInteger)
    .addOption(json())
    .addOption(stateDirectory())
    .addHelpText(
      'after',
      `
Examples:
  $ touchstone dlq list
  $ touchstone dlq list --subject 'evt.v1.inference.>' --limit 10 --json`,
    )
    .action((options) => finish(import('../dead-letters/list.js').then((m) => m.listCommand(options))));
}

function addShow(dlq: Command): void {
  dlq
    .command('show')
    .argument('<seq>', 'its place in the list', positiveInteger)
    .description('show one dead letter: why it died, deliveries, headers and body')
    .addOption(json())
    .addOption(stateDirectory())
    .addHelpText('after', '\nExample:\n  $ touchstone dlq show 3')
    .action((sequence, options) =>
      finish(import('../dead-letters/show.js').then((m) => m.showCommand(sequence, options))),
    );
}

function addReplay(dlq: Command): void {
  dlq
    .command('replay')
    .argument('[seq]', 'its place in the list', positiveInteger)
    .description('send a dead letter back to the consumer that gave up on it, under its first id')
    .option('--all', 'every dead letter that the filters leave', false)
    .option('--subject <subject>', 'with --all: only messages of this subject')
    .option('--service <service>', 'with --all: only what this service gave up on')
    .option('--durable <name>', 'with --all: only what this consumer gave up on')
    .option('--yes', 'do not ask before --all', false)
    .option('--wait <seconds>', 'how long to wait for the consumer', positiveInteger, REPLAY_WAIT_SECONDS)
    .addOption(json())
    .addOption(stateDirectory())
    .addHelpText(
      'after',
      `
Examples:
  $ touchstone dlq replay 3
  $ touchstone dlq replay --all --service proof-service --yes

Exit codes: 0 all were taken, 1 a consumer gave up again, 3 a consumer has not taken it yet`,
    )
    .action((sequence, options) =>
      finish(import('../dead-letters/replay.js').then((m) => m.replayCommand(sequence, options))),
    );
}

function addAdvisories(dlq: Command): void {
  dlq
    .command('advisories')
    .description('list what the server reports about given up deliveries, also those without a dead letter')
    .option('--limit <n>', 'advisories of one page', positiveInteger, LIST_LIMIT)
    .option('--from <seq>', 'where the page starts', positiveInteger)
    .addOption(json())
    .addOption(stateDirectory())
    .addHelpText('after', '\nExample:\n  $ touchstone dlq advisories')
    .action((options) =>
      finish(import('../dead-letters/advisories.js').then((m) => m.advisoriesCommand(options))),
    );
}
