import { compareUtf8, type JsonValue } from '@touchstone/canonical-json';
import {
  AppError,
  BATCH_EVENTS_BYTES_MAX,
  type EventBatchFormat,
  type RpcRequest,
} from '@touchstone/contracts';
import { bytesToHex, hexToBytes } from '@touchstone/crypto';
import { BatchError, eventLeaf, readParsedEvent, rootOfLeaves } from '@touchstone/event-batch';

/** What a batch holds, in the order of its tree. */
export interface BatchContent {
  readonly format: EventBatchFormat;
  /** 32 bytes. */
  readonly root: Uint8Array;
  /** Lower-case hex of 32 bytes each. */
  readonly leaves: readonly string[];
  /** `null` where the caller keeps them. */
  readonly events: readonly BatchEvent[] | null;
  /** How many events have no salt, so that who guesses one sees by its hash that the guess is right. */
  readonly guessable: number;
}

/** An event in its place. */
export interface BatchEvent {
  readonly id: string;
  readonly leaf: string;
  readonly value: unknown;
}

interface ReadEvent extends BatchEvent {
  /** Where it stood in the request, from 0. */
  readonly index: number;
  readonly bytes: number;
  readonly guessable: boolean;
}

/**
 * Reads what is to be signed. Events are put in order of their ids (UTF-8 bytes); of leaves the caller vouches for the order.
 *
 * @throws AppError `event-invalid` with the pointer of the event and a reason of `@touchstone/event-batch`
 */
export function readBatch(request: RpcRequest<'signer', 'sign-batch'>): BatchContent {
  const { format, events, leaves = [] } = request;
  if (events) return readEvents(format, events);
  const bytes = leaves.map((leaf) => hexToBytes(leaf, 32) ?? new Uint8Array());
  return {
    format,
    root: refusing('/leaves', () => rootOfLeaves(format, bytes)),
    leaves,
    events: null,
    guessable: 0,
  };
}

function readEvents(format: EventBatchFormat, values: readonly unknown[]): BatchContent {
  const events = values
    .map((value, index) => refusing(`/events/${index}`, () => readOne(format, value, index)))
    .sort((left, right) => compareUtf8(left.id, right.id));
  refuseSize(events);
  refuseRepeated(events);
  const leaves = events.map(({ leaf }) => leaf);
  return {
    format,
    root: refusing('/events', () =>
      rootOfLeaves(
        format,
        leaves.map((leaf) => hexToBytes(leaf, 32) ?? new Uint8Array()),
      ),
    ),
    leaves,
    events: events.map(({ id, leaf, value }) => ({ id, leaf, value })),
    guessable: events.filter(({ guessable }) => guessable).length,
  };
}

function readOne(format: EventBatchFormat, value: unknown, index: number): ReadEvent {
  const { id, canonical, guessable } = readParsedEvent(value as JsonValue);
  const leaf = bytesToHex(eventLeaf(format, canonical));
  return { id, leaf, value, index, bytes: Buffer.byteLength(canonical), guessable };
}

function refuseSize(events: readonly ReadEvent[]): void {
  const bytes = events.reduce((sum, event) => sum + event.bytes, 0);
  if (bytes > BATCH_EVENTS_BYTES_MAX)
    throw invalid('/events', 'too-large', `${bytes} canonical bytes, at most ${BATCH_EVENTS_BYTES_MAX}.`);
}

/** In order of the ids, so that equal ones are neighbours. */
function refuseRepeated(events: readonly ReadEvent[]): void {
  for (const [place, event] of events.entries()) {
    const before = events[place - 1];
    if (before?.id !== event.id) continue;
    const reason = before.leaf === event.leaf ? 'duplicate-leaf' : 'duplicate-id';
    const [first, second] = [before.index, event.index].sort((left, right) => left - right);
    throw invalid(`/events/${second}`, reason, `It has the id of event ${first}, counted from 0.`);
  }
}

function refusing<T>(pointer: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof BatchError) throw invalid(pointer, error.reason, error.message);
    throw error;
  }
}

function invalid(pointer: string, reason: string, message: string): AppError {
  return new AppError('event-invalid', `${reason}: ${message}`, {
    details: [{ pointer, detail: `${reason}: ${message}` }],
  });
}
