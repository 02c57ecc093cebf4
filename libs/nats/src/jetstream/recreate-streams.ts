import { AppError, durablesOf, type StreamName } from '@touchstone/contracts';
import {
  RetentionPolicy,
  type ConsumerInfo,
  type JetStreamManager,
  type StreamInfo,
} from '@nats-io/jetstream';
import { delay } from '@nats-io/nats-core';
import { isNotFound, toAppError } from '../nats-errors.js';
import { RECREATE_DRAIN_MS, streamConfig, type ProvisionOptions } from './stream-config.js';

/** Milliseconds between two looks at what is unread. */
const DRAIN_POLL_MS = 200;

/** What a stream still held for its durables when it was deleted. */
export interface UnreadOfStream {
  readonly stream: StreamName;
  /** The most that one durable had not read or not acknowledged. */
  readonly messages: number;
}

/**
 * Deletes streams whose retention is another one than declared, so that they can be made again: servers do not change
 * it. One into which nothing was ever written needs no leave, since it can lose nothing. Waits before until their durables have read everything, or nobody reads. What is unread then is in the outboxes
 * of the publishers, whose relays publish it again.
 *
 * @param present what the server has; deleted streams are taken out of it
 * @throws AppError `conflict` for others without `recreate`, that says what to do; `dependency-unavailable`, `timeout`
 */
export async function removeStreams(
  jsm: JetStreamManager,
  present: Map<StreamName, StreamInfo>,
  options: ProvisionOptions,
): Promise<UnreadOfStream[]> {
  const others = [...present.entries()]
    .filter(([name, { config }]) => config.retention !== streamConfig(name, options).retention)
    .map(([name]) => name);
  const written = others.filter((name) => !neverWritten(present.get(name)));
  if (written.length > 0 && options.recreate !== true) throw hasToBeMadeAgain(written);
  const unread: UnreadOfStream[] = [];
  for (const name of others) {
    try {
      const messages = await drained(jsm, name, options.recreateDrainMs ?? RECREATE_DRAIN_MS);
      await jsm.streams.delete(name);
      if (messages > 0) unread.push({ stream: name, messages });
    } catch (error) {
      throw toAppError(error, `Making stream ${name} again`);
    }
    present.delete(name);
  }
  return unread;
}

/** A stream that was emptied is another thing: somebody may count on its sequence. */
function neverWritten(info: StreamInfo | undefined): boolean {
  return info?.state.messages === 0 && info.state.last_seq === 0;
}

function hasToBeMadeAgain(names: readonly StreamName[]): AppError {
  return new AppError(
    'conflict',
    `Of an older version: ${names.join(', ')}. These streams keep what was read (retention ${RetentionPolicy.Limits}), ` +
      'and a server does not change that. Run nats-provision --recreate: it waits until their consumers have read ' +
      'everything, deletes the streams and makes them again; what was unread is published again from the outboxes ' +
      '(docs/runbooks/stream-full.md).',
  );
}

/** Waits until nothing is unread, nobody reads, or the time is over; returns what is unread then. */
async function drained(jsm: JetStreamManager, stream: StreamName, waitMs: number): Promise<number> {
  const untilMs = performance.now() + waitMs;
  for (;;) {
    const infos = await Promise.all(durablesOf(stream).map(({ name }) => look(jsm, stream, name)));
    const open = infos.map((info) => (info === undefined ? 0 : info.num_pending + info.num_ack_pending));
    const unread = Math.max(0, ...open);
    const isRead = infos.some((info, place) => (open[place] ?? 0) > 0 && (info?.num_waiting ?? 0) > 0);
    if (unread === 0 || !isRead || performance.now() >= untilMs) return unread;
    await delay(DRAIN_POLL_MS);
  }
}

async function look(
  jsm: JetStreamManager,
  stream: StreamName,
  durable: string,
): Promise<ConsumerInfo | undefined> {
  try {
    return await jsm.consumers.info(stream, durable);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
