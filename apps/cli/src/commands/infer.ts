import { writeFile } from 'node:fs/promises';
import { inferAnswer, type InferAnswer } from '@touchstone/contracts/http/inference-gateway';
import type { StackDescription } from '@touchstone/embedded';
import { CommandError, exitCodes, type ExitCode } from '../exit-codes.js';
import { anchoredEvidence } from '../stack/evidence.js';
import { modelUrl, showModel } from '../stack/gateway.js';
import { createPayer, developmentPayer } from '../stack/payer.js';
import { formatAtomic, parsePrice } from '../stack/price.js';
import { describeProblem, readAnswer, requireStack, withinTime } from '../stack/running-stack.js';
import { readInput, requireFolder, requireOtherFile } from '../terminal/files.js';
import { jsonText } from '../terminal/json-text.js';
import { printableLine } from '../terminal/printable.js';
import { table } from '../terminal/style.js';

/** Largest request that is read; the gateway may take less. */
export const INFER_INPUT_BYTES_MAX = 16_777_216;
const EVIDENCE_TIMEOUT_MS = 60_000;
const PAYMENT_REQUIRED = 402;
const POST_JSON = { method: 'POST', headers: { 'content-type': 'application/json' } } as const;

export interface InferOptions {
  readonly input?: string;
  readonly text?: string;
  readonly pay: boolean;
  readonly max?: string;
  readonly dryRun: boolean;
  readonly evidence?: string;
  readonly json: boolean;
  readonly state: string;
}

/** `touchstone infer`. */
export async function inferCommand(model: string, options: InferOptions): Promise<ExitCode> {
  if (options.max !== undefined && !options.pay)
    throw new CommandError(exitCodes.usage, '--max bounds what --pay pays; give both.');
  const stack = requireStack(options.state);
  const body = await requestBody(options);
  const url = `${modelUrl(stack, model)}/infer`;
  if (options.dryRun) return dryRun(stack, model, url, body);
  if (options.evidence !== undefined) {
    await requireFolder(options.evidence);
    await requireOtherFile(options.evidence, options.input);
  }
  const send = options.pay ? await payingFetch(stack, model, options) : fetch;
  const answer = await withinTime(url, async (signal) => {
    const response = await send(url, { ...POST_JSON, body, signal });
    if (response.ok) return readAnswer(url, inferAnswer, response);
    const hint =
      response.status === PAYMENT_REQUIRED && !options.pay
        ? '\nAdd --pay to pay with the development payer.'
        : '';
    throw new CommandError(exitCodes.io, `${await describeProblem(url, response)}${hint}`);
  });
  process.stdout.write(options.json ? `${jsonText(answer)}\n` : `${describe(answer)}\n`);
  if (options.evidence !== undefined) {
    await writeFile(
      options.evidence,
      await anchoredEvidence(stack, answer.verificationId, EVIDENCE_TIMEOUT_MS),
    );
    process.stderr.write(`Wrote ${options.evidence}.\n`);
  }
  return exitCodes.ok;
}

/** A fetch that pays at most what the model is listed for, or what was allowed. */
async function payingFetch(
  stack: StackDescription,
  model: string,
  { max, state }: InferOptions,
): Promise<typeof fetch> {
  const limit =
    max === undefined ? BigInt((await showModel(stack, model)).price?.amount ?? 0) : parsePrice(max);
  return createPayer(stack, developmentPayer(state), limit).fetch;
}

/** Has the gateway check the input and name the price, which it does before it runs or charges anything. */
async function dryRun(stack: StackDescription, model: string, url: string, body: string): Promise<ExitCode> {
  const { id, price } = await showModel(stack, model);
  if (!price) {
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
    `The input fits. ${printableLine(id)} costs ${formatAtomic(price.amount)} for this request.\n`,
  );
  return exitCodes.ok;
}

async function requestBody({ input, text }: InferOptions): Promise<string> {
  if ((input === undefined) === (text === undefined)) {
    throw new CommandError(exitCodes.usage, 'Give either --input or --text.');
  }
  if (text !== undefined) return JSON.stringify({ text });
  return new TextDecoder().decode(await readInput(input ?? '-', INFER_INPUT_BYTES_MAX));
}

function describe(answer: InferAnswer): string {
  const prediction = answer.prediction
    ? `${answer.prediction.label} (${answer.prediction.score.toFixed(4)})`
    : 'see outputs';
  return table([
    ['prediction', prediction],
    ...answer.outputs.map(({ name, data }) => [name, data.slice(0, 16).join(' ')]),
    ['verification', answer.verificationId],
    ['paid', answer.payment ? `${answer.payment.amount} atomic units by ${answer.payment.payer}` : 'nothing'],
    [
      'time',
      `${answer.timing.inferenceMs.toFixed(2)} ms in the model, ${answer.timing.totalMs.toFixed(1)} ms in all`,
    ],
  ]);
}
