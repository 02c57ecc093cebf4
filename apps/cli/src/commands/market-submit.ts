import { exitCodes, type ExitCode } from '../exit-codes.js';
import { describeSubmission } from '../market/describe-submission.js';
import { postKeyRequest, postSubmission, readTerms, type MarketOptions } from '../market/market-api.js';
import { readAccount, signKeyRequest, signSubmission, SUBMITTED_MANIFEST_BYTES_MAX } from '../market/sign.js';
import { openInput, readInput } from '../terminal/files.js';
import { printable, printableLine } from '../terminal/printable.js';

/** Largest model that is submitted; the gateway takes no larger one. */
export const SUBMITTED_MODEL_BYTES_MAX = 524_288_000;
/** Largest file of test cases that is read. */
export const SUBMITTED_TEST_CASES_BYTES_MAX = 8_388_608;
/** Largest bundle of a model signature that is read. */
export const SUBMITTED_BUNDLE_BYTES_MAX = 1_048_576;

export interface SubmitOptions extends MarketOptions {
  readonly manifest: string;
  readonly testCases: string;
  readonly keyFile: string;
  readonly signatureBundle?: string;
  readonly agree: boolean;
  readonly json: boolean;
}

/** `touchstone models submit`. */
export async function submitCommand(file: string, options: SubmitOptions): Promise<ExitCode> {
  const terms = await readTerms(options);
  if (!options.agree) {
    process.stdout.write(`${printable(terms.text.trimEnd())}\n`);
    process.stderr.write(
      '\nNothing was signed or sent. Whoever agrees to these terms repeats it with --agree.\n',
    );
    return exitCodes.usage;
  }
  const account = await readAccount(options.keyFile);
  const model = await openInput(file, SUBMITTED_MODEL_BYTES_MAX);
  const manifest = await readInput(options.manifest, SUBMITTED_MANIFEST_BYTES_MAX);
  const testCases = await readInput(options.testCases, SUBMITTED_TEST_CASES_BYTES_MAX);
  const { signatureBundle } = options;
  const bundle =
    signatureBundle === undefined ? [] : [await readInput(signatureBundle, SUBMITTED_BUNDLE_BYTES_MAX)];
  const signed = await signSubmission(account, { model, manifest, testCases }, terms);
  const submission = await postSubmission(options, [
    ['manifest', manifest],
    ['test-cases', testCases],
    ['signature', JSON.stringify(signed)],
    ...bundle.map((bytes) => ['signature-bundle', bytes] as const),
    ['model', model],
  ]);
  process.stdout.write(
    options.json ? `${JSON.stringify(submission, null, 2)}\n` : `${describeSubmission(submission)}\n`,
  );
  return exitCodes.ok;
}

export interface KeyOptions extends MarketOptions {
  readonly keyFile: string;
  readonly label: string;
  readonly json: boolean;
}

/** `touchstone models key`. */
export async function keyCommand(options: KeyOptions): Promise<ExitCode> {
  const { chainId } = await readTerms(options);
  const request = await signKeyRequest(await readAccount(options.keyFile), options.label, chainId);
  const made = await postKeyRequest(options, request);
  if (options.json) process.stdout.write(`${JSON.stringify(made, null, 2)}\n`);
  else {
    process.stderr.write(`The key "${printableLine(made.label)}" is shown once; it opens what is yours:\n`);
    process.stdout.write(`${made.key}\n`);
  }
  return exitCodes.ok;
}
