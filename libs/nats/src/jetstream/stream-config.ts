import {
  durables,
  streamKeeping,
  streams,
  UNREAD_STREAM_AGE_MS,
  type Durable,
  type StreamKeeping,
  type StreamName,
} from '@touchstone/contracts';
import {
  AckPolicy,
  DeliverPolicy,
  DiscardPolicy,
  ReplayPolicy,
  RetentionPolicy,
  StorageType,
  type ConsumerConfig,
  type StreamConfig,
} from '@nats-io/jetstream';
import { nanos } from '@nats-io/nats-core';

/** Milliseconds within which a second message with the same id is dropped. */
export const DUPLICATE_WINDOW_MS = 10 * 60_000;
/** Days a message is kept that its durables have not read. */
export const STREAM_MAX_AGE_DAYS = 7;
/** Days a dead letter is kept. */
export const DEAD_LETTER_MAX_AGE_DAYS = 30;
/** Bytes one stream may hold; the server reserves them. */
export const STREAM_MAX_BYTES = 1_073_741_824;
/** Fewest bytes a stream is worth having with; one event may have a megabyte. */
export const STREAM_MIN_BYTES = 8_388_608;
/** Milliseconds after which a delivery without acknowledgement is delivered again. */
export const ACK_WAIT_MS = 30_000;
/** Deliveries of one message before it is a dead letter. */
export const DELIVERIES_MAX = 6;
/** Deliveries of one durable that may wait for their acknowledgement; bounds the memory of a consumer. */
export const ACK_PENDING_MAX = 512;

/** Milliseconds that a stream which is made again waits for its consumers to read what it holds. */
export const RECREATE_DRAIN_MS = 60_000;

/** What an operator may set; everything else is fixed here. */
export interface ProvisionOptions {
  /** Copies of each stream: 1 or 3, at most the number of servers. */
  readonly replicas?: number;
  readonly maxAgeDays?: number;
  readonly maxBytes?: number;
  /** Overrides {@link ACK_WAIT_MS}. */
  readonly ackWaitMs?: number;
  /** Makes streams again whose retention is another one, which a server does not change. */
  readonly recreate?: boolean;
  /** Overrides {@link RECREATE_DRAIN_MS}. */
  readonly recreateDrainMs?: number;
  /** Overrides {@link DUPLICATE_WINDOW_MS}. */
  readonly duplicateWindowMs?: number;
}

const DAY_MS = 86_400_000;

/**
 * The configuration of a stream, inside what server 2.9 accepts. A stream with durables keeps a message until all have
 * read it, so that its size bounds what is unread and not what passes through. When that is too much it refuses new
 * events (`discard: new`): the publisher's outbox keeps them, while discarding old ones could lose a record nobody has
 * read yet. Every other stream makes room, since nothing waits for what it holds.
 */
export function streamConfig(
  name: StreamName,
  options: ProvisionOptions = {},
): Partial<StreamConfig> & { name: string } {
  const keeping = streamKeeping(name);
  const isQueue = keeping === 'until-read';
  return {
    name,
    subjects: [...streams[name]],
    storage: StorageType.File,
    retention: isQueue ? RetentionPolicy.Interest : RetentionPolicy.Limits,
    discard: isQueue ? DiscardPolicy.New : DiscardPolicy.Old,
    max_age: nanos(maxAgeMs(keeping, options)),
    max_bytes: options.maxBytes ?? STREAM_MAX_BYTES,
    duplicate_window: nanos(options.duplicateWindowMs ?? DUPLICATE_WINDOW_MS),
    num_replicas: options.replicas ?? 1,
    // A dead letter has a subject of its own: what became of it replaces it, and its writer finds it by its subject.
    // Direct gets are off everywhere: their answers go to any subject that is named, as if they were published there.
    allow_direct: false,
    ...(name === 'DLQ' ? { max_msgs_per_subject: 1 } : {}),
  };
}

function maxAgeMs(keeping: StreamKeeping, { maxAgeDays = STREAM_MAX_AGE_DAYS }: ProvisionOptions): number {
  if (keeping === 'an-hour') return UNREAD_STREAM_AGE_MS;
  return (keeping === 'letters' ? DEAD_LETTER_MAX_AGE_DAYS : maxAgeDays) * DAY_MS;
}

/**
 * The configuration of a durable pull consumer with explicit acknowledgement. One that reads all of its stream has no
 * filter: servers of version 2.9 deliver nothing to a consumer that gets this one filter later.
 */
export function consumerConfig(durable: Durable, options: ProvisionOptions = {}): Partial<ConsumerConfig> {
  return {
    durable_name: durable.name,
    ...(streams[durable.stream].some((kept) => kept === durable.filter)
      ? {}
      : { filter_subject: durable.filter }),
    ack_policy: AckPolicy.Explicit,
    deliver_policy: DeliverPolicy.All,
    replay_policy: ReplayPolicy.Instant,
    ack_wait: nanos(options.ackWaitMs ?? ACK_WAIT_MS),
    max_deliver: DELIVERIES_MAX,
    max_ack_pending: ACK_PENDING_MAX,
  };
}

/** The declaration of a durable by name. */
export function findDurable(name: string): Durable | undefined {
  return durables.find((durable) => durable.name === name);
}
