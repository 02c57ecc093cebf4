import {
  IMAGE_FILE_BYTES_MAX,
  inferAnswer,
  type ModelDetail,
  type ProveMode,
} from '@touchstone/contracts/http/inference-gateway';
import { acceptedJob, type AcceptedJob } from '@touchstone/contracts/http/jobs';
import type { StackDescription } from '@touchstone/embedded';
import type { z } from 'zod';
import { CommandError, exitCodes, type ExitCode } from '../exit-codes.js';
import { modelUrl, showModel } from '../stack/gateway.js';
import { createPayer, developmentPayer } from '../stack/payer.js';
import { formatAtomic, parsePrice } from '../stack/price.js';
import { transferringFetch } from '../stack/transferring-fetch.js';
import {
  describeProblem,
  readAnswer,
  REQUEST_TIMEOUT_MS,
  requireStack,
  withinTime,
} from '../stack/running-stack.js';
import { writeAnswer } from '../stack/write-answer.js';
import { readInput, requireFolder, requireOtherFile } from '../terminal/files.js';
import { jsonText } from '../terminal/json-text.js';
import { printableLine } from '../terminal/printable.js';
import { table } from '../terminal/style.js';

/** Largest request that is read; the gateway may take less. */
export const INFER_INPUT_BYTES_MAX = 67_108_864;
/** A payment is good for so long. */
const PROVED_TIMEOUT_MS = 120_000;
const PAYMENT_REQUIRED = 402;
const POST_JSON = { method: 'POST', headers: { 'content-type': 'application/json' } } as const;

export interface InferOptions {
  readonly input?: string;
  readonly text?: string;
  readonly image?: string;
  readonly pay: boolean;
  readonly by: 'x402' | 'transfer';
  readonly max?: string;
  readonly prove?: Exclude<ProveMode, 'none'>;
  readonly async: boolean;
  readonly webhook?: string;
  readonly dryRun: boolean;
  readonly evidence?: string;
  readonly json: boolean;
  readonly state: string;
}

/** `touchstone infer`. */
export async function inferCommand(model: string, options: InferOptions): Promise<ExitCode> {
  requireFitting(options);
  const stack = requireStack(options.state);
  const body = await requestBody(options);
  const url = `${modelUrl(stack, model)}/infer`;
  if (options.dryRun) return dryRun(stack, model, url, body, options.prove);
  if (options.evidence !== undefined) {
    await requireFolder(options.evidence);
    await requireOtherFile(options.evidence, options.image ?? options.input);
  }
  const send = options.pay ? await payingFetch(stack, model, options) : fetch;
  const post = <T extends z.ZodType>(contract: T, timeoutMs: number): Promise<z.output<T>> =>
    withinTime(
      url,
      async (signal) => {
        const response = await send(url, { ...POST_JSON, body, signal });
        if (response.ok) return readAnswer(url, contract, response);
        const hint =
          response.status === PAYMENT_REQUIRED && !options.pay
            ? '\nAdd --pay to pay with the development payer.'
            : '';
        throw new CommandError(exitCodes.io, `${await describeProblem(url, response)}${hint}`);
      },
      timeoutMs,
    );
  if (options.async) return told(await post(acceptedJob, REQUEST_TIMEOUT_MS), options.json);
  const answer = await post(inferAnswer, options.prove === 'now' ? PROVED_TIMEOUT_MS : REQUEST_TIMEOUT_MS);
  await writeAnswer(stack, answer, options);
  return exitCodes.ok;
}

/** @throws CommandError `usage` for options that do not go together */
function requireFitting({ max, pay, by, async: isAsync, webhook, evidence }: InferOptions): void {
  const refusals: readonly (readonly [boolean, string])[] = [
    [max !== undefined && !pay, '--max bounds what --pay pays; give both.'],
    [by === 'transfer' && !pay, '--by says how --pay pays; give both.'],
    [by === 'transfer' && isAsync, 'A transfer does not pay for a job: leave out --by transfer or --async.'],
    [webhook !== undefined && !isAsync, '--webhook is told how the job of --async ended; give both.'],
    [
      evidence !== undefined && isAsync,
      'A job has no evidence yet: give --evidence to touchstone jobs wait instead.',
    ],
  ];
  const refused = refusals.find(([doesNotFit]) => doesNotFit);
  if (refused !== undefined) throw new CommandError(exitCodes.usage, refused[1]);
}

/** Says which job was taken. */
function told(job: AcceptedJob, asJson: boolean): ExitCode {
  const { jobId, status, webhookSecret } = job;
  const lines = [
    ['job', jobId],
    ['status', status],
    ...(webhookSecret === undefined ? [] : [['webhook secret', webhookSecret]]),
  ];
  process.stdout.write(`${asJson ? jsonText(job) : table(lines)}\n`);
  if (!asJson) process.stderr.write(`Wait for its answer with: touchstone jobs wait ${jobId}\n`);
  return exitCodes.ok;
}

/** What an answer is listed for, with its proof where that is asked for now. */
function listedPrice({ price, circuit }: ModelDetail, prove: InferOptions['prove']): bigint {
  const proof = prove === 'now' ? circuit?.proofs?.price : undefined;
  return BigInt(price?.amount ?? 0) + BigInt(proof?.amount ?? 0);
}

/** A fetch that pays at most what the model is listed for, or what was allowed. */
async function payingFetch(
  stack: StackDescription,
  model: string,
  { by, max, prove, state }: InferOptions,
): Promise<typeof fetch> {
  const shown = await showModel(stack, model);
  const limit = max === undefined ? listedPrice(shown, prove) : parsePrice(max);
  const account = developmentPayer(state);
  return by === 'transfer'
    ? transferringFetch(stack, account, limit, shown.modelVersionId)
    : createPayer(stack, account, limit).fetch;
}

/** Has the gateway check the input and name the price, which it does before it runs or charges anything. */
async function dryRun(
  stack: StackDescription,
  model: string,
  url: string,
  body: string,
  prove: InferOptions['prove'],
): Promise<ExitCode> {
  const shown = await showModel(stack, model);
  const { id } = shown;
  const price = listedPrice(shown, prove);
  if (price === 0n) {
    process.stdout.write(
      `${printableLine(id)} is free. The input was not checked, because asking would run it.\n`,
    );
    return exitCodes.ok;
  }
  await withinTime(url, async (signal) => {
    const response = await fetch(url, { ...POST_JSON, body, signal });
    if (response.status !== PAYMENT_REQUIRED) {
      throw new CommandError(exitCodes.io, await describeProblem(url, response));
    }
    await response.body?.cancel();
  });
  process.stdout.write(
    `The input fits. ${printableLine(id)} costs ${formatAtomic(price.toString())} for this request.\n`,
  );
  return exitCodes.ok;
}

async function requestBody({ prove, webhook, ...options }: InferOptions): Promise<string> {
  const body = await givenBody(options);
  const members = {
    ...(prove === undefined ? {} : { prove }),
    ...(options.async ? { async: true } : {}),
    ...(webhook === undefined ? {} : { callback: { url: webhook } }),
  };
  if (Object.keys(members).length === 0) return body;
  // As text: numbers that JavaScript cannot hold stay what they are.
  return body.replace(/^\s*\{/, () => `${JSON.stringify(members).slice(0, -1)},`);
}

async function givenBody({
  input,
  text,
  image,
}: Pick<InferOptions, 'input' | 'text' | 'image'>): Promise<string> {
  if ([input, text, image].filter((given) => given !== undefined).length !== 1)
    throw new CommandError(exitCodes.usage, 'Give one of --input, --text and --image.');
  if (image !== undefined) {
    const bytes = await readInput(image, IMAGE_FILE_BYTES_MAX);
    return JSON.stringify({ image: Buffer.from(bytes).toString('base64') });
  }
  if (text !== undefined) return JSON.stringify({ text });
  return new TextDecoder().decode(await readInput(input ?? '-', INFER_INPUT_BYTES_MAX));
}
