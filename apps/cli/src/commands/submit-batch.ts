import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BATCH_EVENTS_BYTES_MAX, BATCH_LEAVES_MAX } from '@touchstone/contracts';
import { BatchError, type EventBatchFormat, EventFileReader } from '@touchstone/event-batch';
import { answer, answerRefusal } from '../event-batch/answer.js';
import { piecesOf } from '../event-batch/event-pieces.js';
import { CommandError, exitCodes, type ExitCode } from '../exit-codes.js';
import { anchoredEvent, submitBatch, type BatchSigner, type SubmittedBatch } from '../stack/event-batches.js';
import { readSecret } from '../stack/read-secret.js';
import { baseUrl, requireStack, urlOf } from '../stack/running-stack.js';
import { batchToken, requireBatchToken } from '../stack/token-of.js';

const SCHEMA = 'touchstone.batch-submission.v1';

export interface SubmitBatchOptions {
  readonly events: string;
  readonly format: EventBatchFormat;
  readonly batchId?: string;
  readonly url?: string;
  readonly out?: string;
  readonly timeout: number;
  readonly state: string;
  readonly json: boolean;
}

/** `touchstone submit-batch`: has the signer of a service sign events, and gathers their evidence if asked to. */
export async function submitBatchCommand(options: SubmitBatchOptions): Promise<ExitCode> {
  if (options.out !== undefined && options.url !== undefined)
    throw new CommandError(exitCodes.usage, '--out needs the stack of --state; leave --url out.');
  try {
    const events = await readEvents(options.events);
    const batch = await submitBatch(signerOf(options), options.format, events, options.batchId);
    const files = await gather(options, batch);
    report(options, batch, files);
    return exitCodes.ok;
  } catch (error) {
    if (!(error instanceof BatchError)) throw error;
    return answerRefusal(options.json, SCHEMA, error);
  }
}

/** The text of each event; what they have to be is for the signer to say. */
async function readEvents(path: string): Promise<string[]> {
  const events: string[] = [];
  let characters = 0;
  const reader = new EventFileReader('events', (text) => {
    characters += text.length;
    if (events.length >= BATCH_LEAVES_MAX || characters > 2 * BATCH_EVENTS_BYTES_MAX)
      throw new BatchError(
        'too-many-events',
        `A service signs at most ${BATCH_LEAVES_MAX} events of ${BATCH_EVENTS_BYTES_MAX} canonical bytes together; sign-batch takes more.`,
      );
    events.push(text);
  });
  for await (const piece of piecesOf(path)) reader.push(piece);
  reader.end();
  if (events.length === 0) throw new BatchError('no-events');
  return events;
}

function signerOf({ url, state }: SubmitBatchOptions): BatchSigner {
  if (url === undefined)
    return {
      url: urlOf(requireStack(state), 'signer'),
      token: batchToken() ?? readSecret(state, 'signer', 'TOUCHSTONE_BATCH_CALLERS'),
    };
  return { url: baseUrl(url), token: requireBatchToken() };
}

/** Writes the anchored bundle of each event as `<place>.json`, counted from 0 in the order of the batch. */
async function gather(
  { out, state, timeout }: SubmitBatchOptions,
  batch: SubmittedBatch,
): Promise<readonly string[]> {
  if (out === undefined) return [];
  await mkdir(out, { recursive: true });
  const stack = requireStack(state);
  const files: string[] = [];
  for (const [place, { id }] of (batch.events ?? []).entries()) {
    const file = join(out, `${place}.json`);
    await writeFile(file, await anchoredEvent(stack, batch, id, timeout * 1_000));
    files.push(file);
  }
  return files;
}

function report({ json }: SubmitBatchOptions, batch: SubmittedBatch, files: readonly string[]): void {
  const { batchId, evidenceId, format, batchTs, kid, leafCount, root, warnings } = batch;
  answer(json, { schema: SCHEMA, result: 'SIGNED', ...batch, files, exitCode: exitCodes.ok }, [
    `Signed ${leafCount} events as ${format} of ${batchTs} with ${kid}.`,
    `batch ${batchId}, root ${root}`,
    `evidence GET /v1/evidence/${evidenceId}?event=<id>; whoever has this id reads all events of the batch`,
    ...files,
    ...warnings.map(({ code, detail }) => `${code}: ${detail}`),
  ]);
}
