import { rpcSchemas, type EventBatchFormat } from '@touchstone/contracts';
import type { StackDescription } from '@touchstone/embedded';
import type { z } from 'zod';
import { anchoredBundle } from './evidence.js';
import { fetchJson, urlOf } from './running-stack.js';

const { response: batchAnswer } = rpcSchemas.signer['sign-batch'];

/** A batch as the signer answered it. */
export type SubmittedBatch = z.output<typeof batchAnswer>;

/** Where batches are signed, and the token that says who asks. */
export interface BatchSigner {
  readonly url: string;
  readonly token: string;
}

/**
 * Has events signed as one batch.
 *
 * @param events the text of each, a JSON object with an `id`
 * @throws CommandError `io` with what the signer refused
 */
export function submitBatch(
  { url, token }: BatchSigner,
  format: EventBatchFormat,
  events: readonly string[],
  batchId?: string,
): Promise<SubmittedBatch> {
  const head = JSON.stringify({ format, ...(batchId === undefined ? {} : { batchId }) });
  return fetchJson(`${url}/v1/batches`, batchAnswer, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    // Each event goes as it was written: the signer reads it as strictly as a reader of files.
    body: `${head.slice(0, -1)},"events":[${events.join(',')}]}`,
  });
}

/** The exact text of the bundle of one event, once it is anchored. @throws CommandError `pending` after `timeoutMs` */
export function anchoredEvent(
  stack: StackDescription,
  { evidenceId }: Pick<SubmittedBatch, 'evidenceId'>,
  eventId: string,
  timeoutMs: number,
  networks?: readonly string[],
): Promise<string> {
  const query = `event=${encodeURIComponent(eventId)}`;
  const url = `${urlOf(stack, 'proof-service')}/v1/evidence/${evidenceId}?${query}`;
  return anchoredBundle(url, timeoutMs, networks);
}
