import type { Command } from 'commander';
import { finish, json, positiveInteger, stateDirectory } from '../command-options.js';

/** The commands that pay for what curl asks: by x402, or by a transfer. */
export function addPayCommands(program: Command): void {
  addPay(program);
  addTransfer(program);
  addClaim(program);
  addPaid(program);
}

function addPay(program: Command): void {
  program
    .command('pay <headers>')
    .description('sign what a 402 answer asks for and print the header that pays it; - for standard input')
    .option('--max <usdc>', 'most that is signed for (1)')
    .addOption(json())
    .addOption(stateDirectory())
    .addHelpText(
      'after',
      `
Nothing is sent. The header pays for one request; repeat that request with it as often as needed, it is charged once.
Exit codes: 2 no 402, nothing that can be paid, or more than --max; 4 not readable; 5 no stack runs.

Example:
  $ curl -s -D headers.txt -o /dev/null -H 'content-type: application/json' -d @digit.json $URL
  $ curl -s -H "$(touchstone pay headers.txt)" -H 'content-type: application/json' -d @digit.json $URL`,
    )
    .action((headers, options) => finish(import('./pay.js').then((m) => m.payCommand(headers, options))));
}

function addTransfer(program: Command): void {
  program
    .command('transfer')
    .description('send USDC of the development payer and print the hash once enough blocks hold it')
    .requiredOption('--to <address>', 'who gets it')
    .requiredOption('--amount <usdc>', 'how much, such as 0.25')
    .option('--max <usdc>', 'most that is sent (1)')
    .option('--confirmations <n>', 'blocks that hold it, its own included', positiveInteger, 3)
    .addOption(json())
    .addOption(stateDirectory())
    .addHelpText(
      'after',
      `
Exit codes: 2 wrong usage, or more than --max; 4 the chain did not take it, or not in time; 5 no stack runs.

Example:
  $ touchstone transfer --to 0x52908400098527886E0F7030069857D2E4169EE7 --amount 0.25`,
    )
    .action((options) => finish(import('./transfer.js').then((m) => m.transferCommand(options))));
}

function addClaim(program: Command): void {
  program
    .command('claim <headers>')
    .description(
      'sign that a transfer pays for one request and print the header that brings it; - for standard input',
    )
    .requiredOption('--transfer <hash>', 'the transfer, made by the development payer')
    .requiredOption('--body <file>', 'the body of the request')
    .requiredOption('--url <url>', 'where it is sent')
    .requiredOption('--model <id>', 'the model that is asked')
    .addOption(json())
    .addOption(stateDirectory())
    .addHelpText(
      'after',
      `
What the claim names is computed from the request: a 402 that asks for a claim about another one is refused.
Exit codes: 2 no 402, or the service takes no transfers; 4 not readable, another request, or no such transfer; 5 no stack runs.

Example:
  $ touchstone claim headers.txt --transfer $TX --body request.json --url $GATEWAY/infer/fraud --model fraud`,
    )
    .action((headers, options) =>
      finish(import('./transfer.js').then((m) => m.claimCommand(headers, options))),
    );
}

function addPaid(program: Command): void {
  program
    .command('paid <hash>')
    .description('show what a transaction of the development payer paid for, with the ids of the answers')
    .addOption(json())
    .addOption(stateDirectory())
    .addHelpText(
      'after',
      `
Signs, with the key that paid and for a minute, that its payer asks: others are told neither ids nor hashes.
Exit codes: 2 no hash; 4 it paid for nothing here, or somebody else paid; 5 no stack runs.

Example:
  $ touchstone paid $TX`,
    )
    .action((hash, options) => finish(import('./paid.js').then((m) => m.paidCommand(hash, options))));
}
