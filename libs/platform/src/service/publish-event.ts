import { token } from './provide.js';

/** Where the bus keeps an event. */
export interface EventReceipt {
  readonly stream: string;
  /** Its place in the stream; places rise, and fall only when the bus lost something. */
  readonly sequence: number;
  /** True when the bus had it already; the place is then that of the first copy. */
  readonly duplicate: boolean;
}

/** One event of an outbox. */
export interface StoredEvent {
  /** The number of its row, in decimal. */
  readonly id: string;
  readonly messageId: string;
  readonly subject: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly payload: Uint8Array;
}

/**
 * Publishes one encoded event and resolves when the bus stored it; the port between outbox and bus. A bus without
 * places resolves to nothing.
 */
export type PublishEvent = (
  subject: string,
  payload: Uint8Array,
  options: { readonly msgId: string; readonly headers: Readonly<Record<string, string>> },
) => Promise<EventReceipt | void>;

/** How often the connection to the bus ended and came back, and how long ago it ended last. */
export interface BusInterruptions {
  readonly count: number;
  readonly sinceMs: number;
}

/** What an outbox needs of the bus beside publishing. */
export interface EventBus {
  /** Stores an event that can never be published among the dead letters, with the reason. */
  setAside(event: StoredEvent, error: unknown): Promise<void>;
  /** The last place of a stream, 0 for one that is empty and new. */
  lastSequence(stream: string): Promise<number>;
  interruptions(): BusInterruptions;
}

/** Injection token of the {@link PublishEvent} that the bus provides and the outbox relay uses. */
export const PUBLISH_EVENT = token<PublishEvent>('PublishEvent');

/** Injection token of the {@link EventBus}; a bus without streams and dead letters provides none. */
export const EVENT_BUS = token<EventBus>('EventBus');
