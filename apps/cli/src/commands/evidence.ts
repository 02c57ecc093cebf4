import { Option, type Command } from 'commander';
import { finish, json, stateDirectory } from '../command-options.js';

/** Commands that need a file and no stack, and the trust file of a stack. */
export function addEvidenceCommands(program: Command): void {
  program
    .command('verify <bundle>')
    .description('verify an evidence bundle offline')
    .option('--trust <file>', 'what you believe: keys, logs, chains; without it nothing is proven')
    .addOption(
      new Option('--require <label>', 'lowest label that is enough')
        .choices(['L0', 'L1', 'L2', 'L5', 'L6'])
        .default('L1'),
    )
    .option(
      '--allow-test',
      'let a label that rests on a test network (L2-test, L5-test, L6-test) count',
      false,
    )
    .option('--strict', 'refuse evidence that holds a false part, though nothing rests on it', false)
    .addOption(json())
    .addHelpText(
      'after',
      `
Examples:
  $ touchstone verify evidence.json --trust trust.json
  $ touchstone verify evidence.json --trust trust.json --require L2 --allow-test --json
  $ curl -s localhost:8084/v1/evidence/<id> | touchstone verify - --trust trust.json`,
    )
    .action((path, options) => finish(import('./verify.js').then((m) => m.verifyCommand(path, options))));
  program
    .command('inspect <bundle>')
    .description('show what a bundle says, without judging it; or write a page about it')
    .option(
      '--html <file>',
      'write one page that draws the proof and lists every step; - for standard output',
    )
    .option('--trust <file>', 'with --html: what you believe, as for verify')
    .addOption(json())
    .addHelpText(
      'after',
      `
Examples:
  $ touchstone inspect evidence.json
  $ touchstone inspect evidence.json --trust trust.json --html evidence.html`,
    )
    .action((path, options) => finish(import('./inspect.js').then((m) => m.inspectCommand(path, options))));
  addExports(program);
}

function addExports(program: Command): void {
  program
    .command('export <bundle>')
    .description('write an anchor of a bundle in the form of other programs')
    .addOption(
      new Option('--as <form>', 'token: a time-stamp token (RFC 3161) for openssl ts')
        .choices(['token'])
        .makeOptionMandatory(),
    )
    .option('--out <folder>', 'where to write; files that exist are left alone', '.')
    .option('--network <name>', 'which one, when the bundle carries several')
    .option('--trust <file>', 'writes the roots that you believe beside it')
    .addOption(json())
    .addHelpText(
      'after',
      `
Example:
  $ touchstone export evidence.json --as token --trust trust.json --out token
  $ cd token && openssl ts -verify -token_in -in token.der -data stamped.txt -CAfile roots.pem`,
    )
    .action((path, options) => finish(import('./export.js').then((m) => m.exportCommand(path, options))));
  const trust = program.command('trust').description('work with trust files');
  trust
    .command('export')
    .description('write the trust file of the running stack, as its operator states it')
    .option('--out <file>', 'where to write; - for standard output', '-')
    .option('--independent <network...>', 'sources of time that you hold for independent of the signer', [])
    .option('--signer <url>', 'signer of an installation, instead of the running stack')
    .option('--gateway <url>', 'with --signer: gateway whose models are listed')
    .addOption(stateDirectory())
    .addHelpText(
      'after',
      `
Examples:
  $ touchstone trust export --out trust.json
  $ touchstone trust export --signer https://signer.example --gateway https://ai.example --out trust.json`,
    )
    .action((options) => finish(import('./trust-export.js').then((m) => m.trustExportCommand(options))));
}
