import { durables } from '@touchstone/contracts';
import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import { z } from 'zod';
import { toAppError } from '../nats-errors.js';
import { deadLetterSubject } from './dead-letter-copy.js';
import { DEAD_LETTER_PAGE_MAX } from './dead-letters.js';

/** What the server said about a delivery that ended without an acknowledgement. */
export interface Advisory {
  /** Its place in the stream ADVISORY. */
  readonly sequence: number;
  /** `max-deliveries`: delivered to the last without an answer; `terminated`: given up by the consumer. */
  readonly kind: 'max-deliveries' | 'terminated';
  readonly stream: string;
  readonly consumer: string;
  readonly streamSequence: number;
  readonly deliveries: number;
  /** RFC 3339. */
  readonly at: string;
  /** False for a message that its consumer never answered, for example because it crashed on it each time. */
  readonly hasDeadLetter: boolean;
}

/** A page of advisories; `next` is where the following page starts. */
export interface AdvisoryPage {
  readonly advisories: readonly Advisory[];
  readonly next: number | undefined;
}

const advisoryBody = z.object({
  type: z.string(),
  stream: z.string(),
  consumer: z.string(),
  stream_seq: z.number().int(),
  deliveries: z.number().int(),
});

/**
 * Lists advisories from `from` on, oldest first. Needs the user `operator`.
 *
 * @throws AppError `forbidden` for another user, `timeout`, `dependency-unavailable`
 */
export async function listAdvisories(
  nc: NatsConnection,
  query: { readonly from?: number; readonly limit?: number } = {},
): Promise<AdvisoryPage> {
  const limit = Math.min(query.limit ?? DEAD_LETTER_PAGE_MAX, DEAD_LETTER_PAGE_MAX);
  const advisories: Advisory[] = [];
  let from = query.from ?? 1;
  try {
    const jsm = await jetstreamManager(nc, { checkAPI: false });
    while (advisories.length < limit) {
      const next: { seq: number; next_by_subj: string } = { seq: from, next_by_subj: '$JS.EVENT.>' };
      const stored = await jsm.streams.getMessage('ADVISORY', next);
      if (stored === null) return { advisories, next: undefined };
      const body = advisoryBody.safeParse(parse(stored.data));
      from = stored.seq + 1;
      if (!body.success) continue;
      const { type, stream, consumer, stream_seq: streamSequence, deliveries } = body.data;
      const durable = durables.find(({ name }) => name === consumer);
      const letter =
        durable &&
        (await jsm.streams.getMessage('DLQ', {
          last_by_subj: deadLetterSubject(durable, stream, streamSequence),
        }));
      advisories.push({
        sequence: stored.seq,
        kind: type.endsWith('max_deliver') ? 'max-deliveries' : 'terminated',
        stream,
        consumer,
        streamSequence,
        deliveries,
        at: stored.time.toISOString(),
        hasDeadLetter: letter !== undefined && letter !== null,
      });
    }
  } catch (error) {
    throw toAppError(error, 'Reading advisories');
  }
  return { advisories, next: from };
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as unknown;
  } catch {
    return undefined;
  }
}
