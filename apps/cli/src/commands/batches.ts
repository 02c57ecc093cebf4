import { eventBatchFormats } from '@touchstone/event-batch';
import { Option, type Command } from 'commander';
import { finish, json, positiveInteger, stateDirectory } from '../command-options.js';

/** Days that a new key signs unless told otherwise. */
const KEY_DAYS = 365;

const keystore = (): Option =>
  new Option('--keystore <file>', 'public keys; keystore.json of the folder when left out');

/** The commands for signed batches of events; they need no stack. */
export function addBatchCommands(program: Command): void {
  program
    .command('sign-batch')
    .description('sign events as one batch of an evidence folder')
    .requiredOption('--events <file>', 'JSON array or NDJSON; - for standard input')
    .requiredOption('--out <folder>', 'the evidence folder')
    .addOption(
      new Option('--format <format>', 'bytes that are signed')
        .choices(eventBatchFormats)
        .default('event-batch-v1'),
    )
    .addOption(keystore())
    .option('--kid <kid>', 'key to sign with; the one whose seed is set when left out')
    .option('--at <time>', 'time that the batch declares; now when left out')
    .addOption(json())
    .addHelpText(
      'after',
      `
The seed of the key comes from ORACLE_ED25519_SEED or ORACLE_ED25519_SEED_<KID>: 64 lower-case hex characters.

Examples:
  $ touchstone sign-batch --events events.ndjson --out evidence
  $ export-events | touchstone sign-batch --events - --out evidence --format event-batch-v2 --json

Exit codes: 0 signed, 1 the events or the folder are refused, 2 usage, 4 I/O, 5 no key or no seed`,
    )
    .action((options) => finish(import('./sign-batch.js').then((m) => m.signBatchCommand(options))));
  addSubmission(program);
  addSmoke(program);
  program
    .command('verify-batch <folder>')
    .description('verify a signed batch of events offline')
    .option(
      '--batch <time>',
      'which one, as 2026-01-31T12:00:00Z or 20260131T120000Z; the newest when left out',
    )
    .addOption(keystore())
    .option(
      '--earlier-proof <file>',
      'a copy of proof_append_only.json that you kept: nothing of it may be missing',
    )
    .addOption(json())
    .addHelpText(
      'after',
      `
Examples:
  $ touchstone verify-batch evidence
  $ touchstone verify-batch evidence --keystore keys/keystore.json --batch 20260131T120000Z --json

Exit codes: 0 valid, 1 invalid, 2 usage, 4 I/O, 5 the keystore is none`,
    )
    .action((folder, options) =>
      finish(import('./verify-batch.js').then((m) => m.verifyBatchCommand(folder, options))),
    );
  addKeys(program);
}

function addKeys(program: Command): void {
  const keys = program.command('keys').description('make keys that sign');
  keys
    .command('new')
    .description('make a seed and its entry in a keystore')
    .addOption(new Option('--use <use>', 'what the key signs').choices(['event-batch']).makeOptionMandatory())
    .option('--keystore <file>', 'keystore that gets the entry', 'keystore.json')
    .option('--kid <kid>', 'id of the key; one with the date when left out')
    .option('--name <name>', 'name of the key in signed notes (event-batch-v2)')
    .option('--days <n>', 'days that it signs', positiveInteger, KEY_DAYS)
    .option('--seed-file <file>', 'write the seed there, for you alone to read, and do not show it')
    .addOption(json())
    .addHelpText(
      'after',
      '\nExample:\n  $ touchstone keys new --use event-batch --keystore evidence/keystore.json --seed-file ~/batch.seed',
    )
    .action((options) => finish(import('./keys-new.js').then((m) => m.newKeyCommand(options))));
}

/** Seconds that a batch may take to be anchored unless told otherwise. */
const ANCHOR_SECONDS = 60;

function addSubmission(program: Command): void {
  program
    .command('submit-batch')
    .description('have the signer of a service sign events, which become leaves of its log')
    .requiredOption('--events <file>', 'JSON array or NDJSON; - for standard input')
    .addOption(
      new Option('--format <format>', 'bytes that are signed')
        .choices(eventBatchFormats)
        .default('event-batch-v2'),
    )
    .option('--batch-id <uuid>', 'UUIDv7 of the batch: the same request again has the same answer')
    .option('--url <url>', 'the signer; that of the running stack when left out')
    .option('--out <folder>', 'wait until the batch is anchored, and write the evidence of each event')
    .option('--timeout <seconds>', 'longest wait with --out', positiveInteger, ANCHOR_SECONDS)
    .addOption(stateDirectory())
    .addOption(json())
    .addHelpText(
      'after',
      `
The token that the signer knows you by comes from TOUCHSTONE_BATCH_TOKEN; that of the running stack when it is not set.

Examples:
  $ touchstone submit-batch --events events.ndjson --out evidence
  $ TOUCHSTONE_BATCH_TOKEN=… touchstone submit-batch --events - --url https://signer.example --json

Exit codes: 0 signed, 1 the events are refused, 2 usage, 3 not anchored yet, 4 I/O or refused by the signer, 5 no stack or no token`,
    )
    .action((options) => finish(import('./submit-batch.js').then((m) => m.submitBatchCommand(options))));
}

/** Seconds that an event may take from its signature to its place in the log unless told otherwise. */
const SMOKE_SECONDS = 60;

function addSmoke(program: Command): void {
  program
    .command('smoke')
    .description('sign, log and verify one event on an installation; pays nothing')
    .requiredOption('--signer <url>', 'the signer')
    .requiredOption('--proofs <url>', 'the proof-service')
    .option('--timeout <seconds>', 'longest wait for the evidence', positiveInteger, SMOKE_SECONDS)
    .addOption(json())
    .addHelpText(
      'after',
      `
The token that the signer knows you by comes from TOUCHSTONE_BATCH_TOKEN, or from the file that TOUCHSTONE_BATCH_TOKEN_FILE names.
The evidence is verified with the keys that the signer itself names: that shows that the parts fit together, and no more.

Exit codes: 0 works, 1 the evidence does not verify, 2 usage, 3 no evidence in time, 4 I/O or refused by the signer, 5 no token`,
    )
    .action((options) => finish(import('./smoke.js').then((m) => m.smokeCommand(options))));
}
