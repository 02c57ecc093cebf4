import { submissionStates } from '@touchstone/contracts/http/submission-states';
import { Option, type Command } from 'commander';
import { finish, json, stateDirectory } from '../command-options.js';

const gateway = (): Option =>
  new Option('--url <url>', 'the inference-gateway; that of the running stack when left out');

/** The commands around the market of models: submit, review, suspend, resume. */
export function addMarketCommands(models: Command): void {
  addSubmit(models);
  addKey(models);
  addReview(models);
  addChange(models, 'suspend', 'take no more requests for a model until it is resumed');
  addChange(models, 'resume', 'take requests for a suspended model again');
}

function addSubmit(models: Command): void {
  models
    .command('submit <file>')
    .description('sign an ONNX model and submit it to a market')
    .requiredOption('--manifest <file>', 'what it is: name, version, description, licence, priceAtomic, …')
    .requiredOption('--test-cases <file>', 'at least three inputs with the outputs that are expected')
    .requiredOption('--key-file <file>', 'private key of the developer: 64 hexadecimal digits')
    .option(
      '--signature-bundle <file>',
      'bundle of "model_signing sign key", with modelSigning in the manifest',
    )
    .option('--agree', 'agree to the terms, which are shown without it', false)
    .addOption(gateway())
    .addOption(json())
    .addOption(stateDirectory())
    .addHelpText(
      'after',
      `
docs/submissions.md says what the files hold and what is checked.

Examples:
  $ touchstone models submit iris.onnx --manifest iris.json --test-cases cases.json --key-file developer.key
  $ touchstone models submit iris.onnx --manifest iris.json --test-cases cases.json --key-file developer.key --agree`,
    )
    .action((file, options) =>
      finish(import('./market-submit.js').then((m) => m.submitCommand(file, options))),
    );
}

function addKey(models: Command): void {
  models
    .command('key')
    .description('sign for an API key of a developer, which opens submissions and revenue')
    .requiredOption('--key-file <file>', 'private key of the developer: 64 hexadecimal digits')
    .requiredOption('--label <text>', 'what the key is for')
    .addOption(gateway())
    .addOption(json())
    .addOption(stateDirectory())
    .addHelpText('after', '\nExample:\n  $ touchstone models key --key-file developer.key --label laptop')
    .action((options) => finish(import('./market-submit.js').then((m) => m.keyCommand(options))));
}

function addReview(models: Command): void {
  const review = models.command('review').description('review what developers submitted, as the operator');
  review
    .command('list', { isDefault: true })
    .description('list submissions, the newest first')
    .addOption(new Option('--in <state>', 'only those in a state').choices(submissionStates))
    .addOption(gateway())
    .addOption(json())
    .addOption(stateDirectory())
    .addHelpText('after', '\nExample:\n  $ touchstone models review list --in awaiting-review')
    .action((options) => finish(import('./market-review.js').then((m) => m.listSubmissionsCommand(options))));
  review
    .command('show <submission>')
    .description('show a submission with what became of it')
    .addOption(gateway())
    .addOption(json())
    .addOption(stateDirectory())
    .action((id, options) =>
      finish(import('./market-review.js').then((m) => m.showSubmissionCommand(id, options))),
    );
  review
    .command('approve <submission>')
    .description('make a submission that holds an active model')
    .option('--reason <text>', 'stands in its history')
    .addOption(gateway())
    .addOption(json())
    .addOption(stateDirectory())
    .action((id, options) =>
      finish(import('./market-review.js').then((m) => m.reviewCommand(id, 'approve', options))),
    );
  review
    .command('reject <submission>')
    .description('reject a submission')
    .requiredOption('--reason <text>', 'why; its developer reads it')
    .addOption(gateway())
    .addOption(json())
    .addOption(stateDirectory())
    .action((id, options) =>
      finish(import('./market-review.js').then((m) => m.reviewCommand(id, 'reject', options))),
    );
}

function addChange(models: Command, change: 'suspend' | 'resume', description: string): void {
  models
    .command(`${change} <id>`)
    .description(description)
    .requiredOption('--reason <text>', 'why; stands in the history of the model')
    .addOption(gateway())
    .addOption(json())
    .addOption(stateDirectory())
    .addHelpText('after', `\nExample:\n  $ touchstone models ${change} iris --reason "wrong labels"`)
    .action((id, options) =>
      finish(import('./market-review.js').then((m) => m.changeModelCommand(id, change, options))),
    );
}
