import { AppError } from '@touchstone/contracts';
import { setTimeout as delay } from 'node:timers/promises';

/** Milliseconds between two looks at what is watched. */
export const WATCH_POLL_MS = 500;
/** Most watches of one kind that a replica keeps at a time; each is one look at the database every {@link WATCH_POLL_MS}. */
export const WATCHES_MAX = 256;
/** Longest watch in milliseconds: by then an authorisation is over, and its answer settled or failed. */
export const WATCH_TIMEOUT_MS = 600_000;

/** What is watched. */
export interface Watched<T> {
  /** The name of one, for people. */
  readonly kind: string;
  /** @throws AppError when there is none */
  readonly find: (id: string) => Promise<T>;
  /** It is told again when this changed. */
  readonly stateOf: (found: T) => string;
  /** Nothing more becomes of it by this service's doing. */
  readonly isFinal: (found: T) => boolean;
  /** Of a monotonic clock. */
  readonly nowMs: () => number;
}

/** Tells callers how something gets on. */
export class Watches<T> {
  private running = 0;
  private readonly closing = new AbortController();

  constructor(private readonly watched: Watched<T>) {}

  /**
   * What is watched as it is, then each change of its state, until one is final or `signal` aborts.
   *
   * @throws AppError of `find`; `queue-full` beyond {@link WATCHES_MAX}; `timeout` after {@link WATCH_TIMEOUT_MS};
   * `dependency-unavailable` when the service stops
   */
  async *watch(id: string, signal: AbortSignal): AsyncGenerator<T> {
    if (this.running >= WATCHES_MAX)
      throw new AppError('queue-full', `${WATCHES_MAX} ${this.watched.kind}s are being watched.`);
    this.running += 1;
    try {
      yield* this.changes(id, signal);
    } finally {
      this.running -= 1;
    }
  }

  /** Ends all watches. */
  close(): void {
    this.closing.abort();
  }

  private async *changes(id: string, signal: AbortSignal): AsyncGenerator<T> {
    const { kind, find, stateOf, isFinal, nowMs } = this.watched;
    const ended = AbortSignal.any([signal, this.closing.signal]);
    const endsAtMs = nowMs() + WATCH_TIMEOUT_MS;
    let told: string | undefined;
    while (!signal.aborted) {
      const found = await find(id);
      const state = stateOf(found);
      if (state !== told) yield found;
      told = state;
      if (isFinal(found)) return;
      if (nowMs() >= endsAtMs)
        throw new AppError('timeout', `The ${kind} ${id} is still ${told}; watch it again.`);
      await delay(WATCH_POLL_MS, undefined, { signal: ended }).catch(() => undefined);
      if (this.closing.signal.aborted)
        throw new AppError('dependency-unavailable', `The service stops; watch the ${kind} again.`);
    }
  }
}
