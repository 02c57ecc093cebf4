import { AppError } from '@touchstone/contracts';
import { jetstream, jetstreamManager, type StoredMsg } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import { readCarrier, writeCarrier } from '../carrier.js';
import { toAppError } from '../nats-errors.js';
import {
  DEAD_LETTER_BODY_HEADER,
  DEAD_LETTER_CODE_HEADER,
  DEAD_LETTER_DELIVERIES_HEADER,
  DEAD_LETTER_SEQUENCE_HEADER,
  DEAD_LETTER_STREAM_HEADER,
  DEAD_LETTER_SUBJECT_HEADER,
  KEPT_HEADERS,
  ORIGINAL_ID_HEADER,
} from './event-headers.js';
import type { PublishReceipt } from './event-publisher.js';

const STREAM = 'DLQ';
/** Most dead letters of one page. */
export const DEAD_LETTER_PAGE_MAX = 500;

/** One dead letter without its body. */
export interface DeadLetter {
  /** Its place in the stream DLQ; the handle for show and replay. */
  readonly sequence: number;
  /** `dlq.<service>.<durable>`. */
  readonly deadLetterSubject: string;
  readonly originalSubject: string;
  readonly originalStream: string;
  readonly originalSequence: number;
  readonly code: string;
  readonly deliveries: number;
  readonly msgId: string | undefined;
  /** True when only the original stream has the body. */
  readonly bodyOmitted: boolean;
  /** RFC 3339. */
  readonly buriedAt: string;
}

/** One dead letter with what is needed to publish it again. */
export interface DeadLetterWithBody extends DeadLetter {
  readonly body: Uint8Array;
  /** `traceparent` and `tracestate` of the message, where it had them. */
  readonly trace: Readonly<Record<string, string>>;
}

/** A page of dead letters; `next` is where the following page starts. */
export interface DeadLetterPage {
  readonly letters: readonly DeadLetter[];
  readonly next: number | undefined;
}

function toDeadLetter(stored: StoredMsg): DeadLetter {
  const carrier = readCarrier(stored.header);
  const read = (name: string): string => carrier[name.toLowerCase()] ?? '';
  return {
    sequence: stored.seq,
    deadLetterSubject: stored.subject,
    originalSubject: read(DEAD_LETTER_SUBJECT_HEADER),
    originalStream: read(DEAD_LETTER_STREAM_HEADER),
    originalSequence: Number(read(DEAD_LETTER_SEQUENCE_HEADER)),
    code: read(DEAD_LETTER_CODE_HEADER),
    deliveries: Number(read(DEAD_LETTER_DELIVERIES_HEADER)),
    msgId: carrier[ORIGINAL_ID_HEADER.toLowerCase()],
    bodyOmitted: read(DEAD_LETTER_BODY_HEADER) === 'omitted',
    buriedAt: stored.time.toISOString(),
  };
}

/**
 * Lists dead letters from `from` on, oldest first; `durable` and `service` narrow them. Needs the user `operator`.
 *
 * @throws AppError `forbidden` for another user.
 */
export async function listDeadLetters(
  nc: NatsConnection,
  query: {
    readonly service?: string;
    readonly durable?: string;
    readonly from?: number;
    readonly limit?: number;
  } = {},
): Promise<DeadLetterPage> {
  const limit = Math.min(query.limit ?? DEAD_LETTER_PAGE_MAX, DEAD_LETTER_PAGE_MAX);
  const filter = `dlq.${query.service ?? '*'}.${query.durable ?? '*'}`;
  const letters: DeadLetter[] = [];
  let from = query.from ?? 1;
  while (letters.length < limit) {
    const stored = await read(nc, { seq: from, next_by_subj: filter });
    if (stored === null) return { letters, next: undefined };
    letters.push(toDeadLetter(stored));
    from = stored.seq + 1;
  }
  return { letters, next: from };
}

/** Shows one dead letter with its body. Needs the user `operator`. @throws AppError `not-found`, `forbidden`. */
export async function showDeadLetter(nc: NatsConnection, sequence: number): Promise<DeadLetterWithBody> {
  const stored = await read(nc, { seq: sequence });
  if (stored === null) throw new AppError('not-found', `The stream ${STREAM} has no message ${sequence}.`);
  const carrier = readCarrier(stored.header);
  const trace = Object.fromEntries(
    KEPT_HEADERS.flatMap((name) => (carrier[name] === undefined ? [] : [[name, carrier[name]]])),
  ) as Record<string, string>;
  return { ...toDeadLetter(stored), body: stored.data, trace };
}

/**
 * Publishes a dead letter again on its original subject. All durables of the subject receive it; inboxes of
 * those that had processed it recognise the kept id. Replaying the same letter twice within the duplicate
 * window stores one message. `nc` must belong to a user that may publish the original subject.
 *
 * @throws AppError `conflict` for a letter without body, `forbidden`, `timeout`, `dependency-unavailable`.
 */
export async function replayDeadLetter(
  nc: NatsConnection,
  letter: DeadLetterWithBody,
): Promise<PublishReceipt> {
  if (letter.bodyOmitted) {
    throw new AppError('conflict', `Dead letter ${letter.sequence} has no body; it cannot be replayed.`);
  }
  const firstId = letter.msgId ?? `${letter.originalStream}:${letter.originalSequence}`;
  try {
    const ack = await jetstream(nc, { checkAPI: false }).publish(letter.originalSubject, letter.body, {
      msgID: `replay:${letter.sequence}`,
      headers: writeCarrier({ ...letter.trace, [ORIGINAL_ID_HEADER]: firstId }),
    });
    return { stream: ack.stream, streamSequence: ack.seq, duplicate: ack.duplicate };
  } catch (error) {
    throw toAppError(error, `Replaying dead letter ${letter.sequence}`);
  }
}

async function read(
  nc: NatsConnection,
  query: { seq: number; next_by_subj?: string },
): Promise<StoredMsg | null> {
  try {
    const jsm = await jetstreamManager(nc, { checkAPI: false });
    return await jsm.streams.getMessage(STREAM, query);
  } catch (error) {
    throw toAppError(error, 'Reading dead letters');
  }
}
