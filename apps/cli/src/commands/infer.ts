import { writeFile } from 'node:fs/promises';
import {
  IMAGE_FILE_BYTES_MAX,
  inferAnswer,
  type InferAnswer,
  type ModelDetail,
  type ProveMode,
} from '@touchstone/contracts/http/inference-gateway';
import type { StackDescription } from '@touchstone/embedded';
import { CommandError, exitCodes, type ExitCode } from '../exit-codes.js';
import { anchoredEvidence, provenEvidence } from '../stack/evidence.js';
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
import { readInput, requireFolder, requireOtherFile } from '../terminal/files.js';
import { jsonText } from '../terminal/json-text.js';
import { printableLine } from '../terminal/printable.js';
import { table } from '../terminal/style.js';

/** Largest request that is read; the gateway may take less. */
export const INFER_INPUT_BYTES_MAX = 67_108_864;
const EVIDENCE_TIMEOUT_MS = 60_000;
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
  readonly dryRun: boolean;
  readonly evidence?: string;
  readonly json: boolean;
  readonly state: string;
}

/** `touchstone infer`. */
export async function inferCommand(model: string, options: InferOptions): Promise<ExitCode> {
  if (options.max !== undefined && !options.pay)
    throw new CommandError(exitCodes.usage, '--max bounds what --pay pays; give both.');
  if (options.by === 'transfer' && !options.pay)
    throw new CommandError(exitCodes.usage, '--by says how --pay pays; give both.');
  const stack = requireStack(options.state);
  const body = await requestBody(options);
  const url = `${modelUrl(stack, model)}/infer`;
  if (options.dryRun) return dryRun(stack, model, url, body, options.prove);
  if (options.evidence !== undefined) {
    await requireFolder(options.evidence);
    await requireOtherFile(options.evidence, options.image ?? options.input);
  }
  const send = options.pay ? await payingFetch(stack, model, options) : fetch;
  const answer = await withinTime(
    url,
    async (signal) => {
      const response = await send(url, { ...POST_JSON, body, signal });
      if (response.ok) return readAnswer(url, inferAnswer, response);
      const hint =
        response.status === PAYMENT_REQUIRED && !options.pay
          ? '\nAdd --pay to pay with the development payer.'
          : '';
      throw new CommandError(exitCodes.io, `${await describeProblem(url, response)}${hint}`);
    },
    options.prove === 'now' ? PROVED_TIMEOUT_MS : REQUEST_TIMEOUT_MS,
  );
  process.stdout.write(options.json ? `${jsonText(answer)}\n` : `${describe(answer)}\n`);
  if (options.evidence !== undefined) {
    await writeFile(
      options.evidence,
      await (answer.execution === undefined ? anchoredEvidence : provenEvidence)(
        stack,
        answer.verificationId,
        EVIDENCE_TIMEOUT_MS,
      ),
    );
    process.stderr.write(`Wrote ${options.evidence}.\n`);
  }
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

async function requestBody({ prove, ...options }: InferOptions): Promise<string> {
  const body = await givenBody(options);
  // As text: numbers that JavaScript cannot hold stay what they are.
  return prove === undefined ? body : body.replace(/^\s*\{/, `{"prove":"${prove}",`);
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

function describe(answer: InferAnswer): string {
  const prediction = answer.prediction
    ? `${answer.prediction.label} (${answer.prediction.score.toFixed(4)})`
    : 'see outputs';
  return table([
    ['prediction', prediction],
    ...answer.outputs.map(({ name, data }) => [name, data.slice(0, 16).join(' ')]),
    ...(answer.execution === undefined
      ? []
      : [['proof', `by ${answer.execution.prover.name} in ${answer.execution.prover.milliseconds} ms`]]),
    ['verification', answer.verificationId],
    ['paid', answer.payment ? `${answer.payment.amount} atomic units by ${answer.payment.payer}` : 'nothing'],
    [
      'time',
      `${answer.timing.inferenceMs.toFixed(2)} ms in the model, ${answer.timing.totalMs.toFixed(1)} ms in all`,
    ],
  ]);
}
