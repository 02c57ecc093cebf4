import { AppError } from '@touchstone/contracts';
import { jetstream, jetstreamManager, type StoredMsg } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import { readCarrier } from '../carrier.js';
import { toAppError } from '../nats-errors.js';
import { replaySubject } from './dead-letter-message.js';
import { relayedFrom } from './delivered-message.js';
import {
  DEAD_LETTER_BODY_HEADER,
  DEAD_LETTER_CODE_HEADER,
  DEAD_LETTER_DELIVERIES_HEADER,
  DEAD_LETTER_REASON_HEADER,
  DEAD_LETTER_RELAYED_HEADER,
  DEAD_LETTER_REPLAYED_HEADER,
  DEAD_LETTER_SEQUENCE_HEADER,
  DEAD_LETTER_STREAM_HEADER,
  DEAD_LETTER_SUBJECT_HEADER,
  KEPT_HEADERS,
  ORIGINAL_ID_HEADER,
} from './event-headers.js';
import type { PublishReceipt } from './event-publisher.js';
import { OUTBOX_LETTERS } from './outbox-bus.js';

const STREAM = 'DLQ';
/** Most dead letters of one page. */
export const DEAD_LETTER_PAGE_MAX = 500;

/** One dead letter without its body. */
export interface DeadLetter {
  /** Its place in the stream DLQ; the handle for show and replay. */
  readonly sequence: number;
  /** `dlq.<service>.<durable>.<stream>.<sequence>`. */
  readonly deadLetterSubject: string;
  readonly service: string;
  readonly durable: string;
  readonly originalSubject: string;
  readonly originalStream: string;
  readonly originalSequence: number;
  readonly code: string;
  /** What the consumer said. */
  readonly reason: string;
  readonly deliveries: number;
  readonly msgId: string | undefined;
  /** True when only the original stream has the body. */
  readonly bodyOmitted: boolean;
  /** `<stream> <subject>` when the server sent the message on for somebody: an attempt to forge it. */
  readonly relayedFrom: string | undefined;
  /** RFC 3339. */
  readonly buriedAt: string;
  /** RFC 3339, when its consumer took it after all; the body is gone then. */
  readonly replayedAt: string | undefined;
}

/** One dead letter with its body. */
export interface DeadLetterWithBody extends DeadLetter {
  readonly body: Uint8Array;
  /** `traceparent` and `tracestate` of the message, where it had them. */
  readonly trace: Readonly<Record<string, string>>;
  /** All headers of the copy, names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
}

/** What became of a dead letter: `waiting` as it was, `replayed`, `buried-again`, or `gone` because of its age. */
export type DeadLetterState =
  | { readonly state: 'waiting' | 'gone' }
  | { readonly state: 'replayed'; readonly replayedAt: string }
  | {
      readonly state: 'buried-again';
      readonly sequence: number;
      readonly code: string;
      readonly reason: string;
    };

/** A page of dead letters; `next` is where the following page starts. */
export interface DeadLetterPage {
  readonly letters: readonly DeadLetter[];
  readonly next: number | undefined;
}

function toDeadLetter(stored: StoredMsg): DeadLetter {
  const carrier = readCarrier(stored.header);
  const read = (name: string): string => carrier[name.toLowerCase()] ?? '';
  const [, service = '', durable = ''] = stored.subject.split('.');
  return {
    sequence: stored.seq,
    deadLetterSubject: stored.subject,
    service,
    durable,
    originalSubject: read(DEAD_LETTER_SUBJECT_HEADER),
    originalStream: read(DEAD_LETTER_STREAM_HEADER),
    originalSequence: Number(read(DEAD_LETTER_SEQUENCE_HEADER)),
    code: read(DEAD_LETTER_CODE_HEADER),
    reason: read(DEAD_LETTER_REASON_HEADER),
    deliveries: Number(read(DEAD_LETTER_DELIVERIES_HEADER)),
    msgId: carrier[ORIGINAL_ID_HEADER.toLowerCase()],
    bodyOmitted: read(DEAD_LETTER_BODY_HEADER) === 'omitted',
    relayedFrom: carrier[DEAD_LETTER_RELAYED_HEADER.toLowerCase()] ?? relayedFrom(stored.header),
    buriedAt: stored.time.toISOString(),
    replayedAt: carrier[DEAD_LETTER_REPLAYED_HEADER.toLowerCase()],
  };
}

/**
 * Lists dead letters from `from` on, oldest first; `durable`, `service` and the subject of the message narrow them.
 * Those that were replayed are left out unless asked for. Needs the user `operator`.
 *
 * @throws AppError `forbidden` for another user.
 */
export async function listDeadLetters(
  nc: NatsConnection,
  query: {
    readonly service?: string;
    readonly durable?: string;
    /** The subject of the message; `*` and `>` as in NATS. */
    readonly subject?: string;
    readonly replayed?: boolean;
    readonly from?: number;
    readonly limit?: number;
  } = {},
): Promise<DeadLetterPage> {
  const limit = Math.min(query.limit ?? DEAD_LETTER_PAGE_MAX, DEAD_LETTER_PAGE_MAX);
  const filter = `dlq.${query.service ?? '*'}.${query.durable ?? '*'}.>`;
  const letters: DeadLetter[] = [];
  let from = query.from ?? 1;
  while (letters.length < limit) {
    const stored = await read(nc, { seq: from, next_by_subj: filter });
    if (stored === null) return { letters, next: undefined };
    const letter = toDeadLetter(stored);
    if (isAskedFor(letter, query)) letters.push(letter);
    from = stored.seq + 1;
  }
  return { letters, next: from };
}

function isAskedFor(
  letter: DeadLetter,
  { subject, replayed = false }: { readonly subject?: string; readonly replayed?: boolean },
): boolean {
  if (letter.replayedAt !== undefined && !replayed) return false;
  if (subject === undefined) return true;
  const have = letter.originalSubject.split('.');
  const want = subject.split('.');
  if (want.at(-1) === '>') want.splice(-1, 1, ...have.slice(want.length - 1).map(() => '*'));
  return want.length === have.length && want.every((token, place) => token === '*' || token === have[place]);
}

/** Shows one dead letter with its body. Needs the user `operator`. @throws AppError `not-found`, `forbidden`. */
export async function showDeadLetter(nc: NatsConnection, sequence: number): Promise<DeadLetterWithBody> {
  const stored = await read(nc, { seq: sequence });
  if (stored === null) throw new AppError('not-found', `The stream ${STREAM} has no message ${sequence}.`);
  const carrier = readCarrier(stored.header);
  const trace = Object.fromEntries(
    KEPT_HEADERS.flatMap((name) => (carrier[name] === undefined ? [] : [[name, carrier[name]]])),
  ) as Record<string, string>;
  return { ...toDeadLetter(stored), body: stored.data, trace, headers: carrier };
}

/**
 * Asks the consumer that gave up on a dead letter to take it again, under its first id. The request is durable when
 * this resolves; the consumer reads the dead letter itself, and replaces it by a note once it has taken it. Asking
 * twice has one effect. Needs the user `operator`.
 *
 * @throws AppError `conflict` for a letter without body, or of what no publisher sent, `forbidden`, `timeout`, `dependency-unavailable`.
 */
export async function replayDeadLetter(nc: NatsConnection, letter: DeadLetter): Promise<PublishReceipt> {
  const obstacle = obstacleTo(letter);
  if (obstacle !== undefined)
    throw new AppError('conflict', `Dead letter ${letter.sequence} ${obstacle}; it cannot be replayed.`);
  try {
    const js = jetstream(nc, { checkAPI: false });
    const ack = await js.publish(replaySubject(letter.deadLetterSubject), new Uint8Array(0), {
      msgID: `replay:${letter.sequence}`,
    });
    return { stream: ack.stream, streamSequence: ack.seq, duplicate: ack.duplicate };
  } catch (error) {
    throw toAppError(error, `Replaying dead letter ${letter.sequence}`);
  }
}

function obstacleTo(letter: DeadLetter): string | undefined {
  if (letter.relayedFrom !== undefined) return `was sent on from ${letter.relayedFrom}, not by its publisher`;
  if (letter.durable === OUTBOX_LETTERS)
    return `was never published; mend the cause and run republish --message ${letter.msgId ?? ''}`;
  if (letter.bodyOmitted) return 'had no room for its body';
  return letter.replayedAt === undefined ? undefined : `was replayed at ${letter.replayedAt}`;
}

/** What became of a dead letter that was asked to be replayed. @throws AppError as {@link showDeadLetter} */
export async function deadLetterState(nc: NatsConnection, letter: DeadLetter): Promise<DeadLetterState> {
  const stored = await read(nc, { last_by_subj: letter.deadLetterSubject });
  if (stored === null) return { state: 'gone' };
  const { sequence, code, reason, replayedAt } = toDeadLetter(stored);
  if (replayedAt !== undefined) return { state: 'replayed', replayedAt };
  return sequence === letter.sequence
    ? { state: 'waiting' }
    : { state: 'buried-again', sequence, code, reason };
}

type Query = { readonly seq: number; readonly next_by_subj?: string } | { readonly last_by_subj: string };

async function read(nc: NatsConnection, query: Query): Promise<StoredMsg | null> {
  try {
    const jsm = await jetstreamManager(nc, { checkAPI: false });
    return await jsm.streams.getMessage(STREAM, query);
  } catch (error) {
    throw toAppError(error, 'Reading dead letters');
  }
}
