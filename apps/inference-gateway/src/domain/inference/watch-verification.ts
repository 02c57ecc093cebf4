import { AppError } from '@touchstone/contracts';
import { setTimeout as delay } from 'node:timers/promises';
import type { Verification, VerificationStore } from './verification.js';

/** Milliseconds between two looks at a verification that is watched. */
export const WATCH_POLL_MS = 500;
/** Most verifications that one replica watches at a time; each is one look at the database every {@link WATCH_POLL_MS}. */
export const WATCHES_MAX = 256;
/** Longest watch in milliseconds: by then an authorisation is over, and its answer settled or failed. */
export const WATCH_TIMEOUT_MS = 600_000;

/** Nothing more becomes of these by this service's doing. */
const finalStates: ReadonlySet<Verification['state']> = new Set(['recorded', 'settled', 'payment-failed']);

/** What {@link VerificationWatches} needs. */
export interface WatchParts {
  readonly verifications: Pick<VerificationStore, 'find'>;
  /** Of a monotonic clock. */
  readonly nowMs: () => number;
}

/** Tells callers how their verifications get on. */
export class VerificationWatches {
  private running = 0;
  private readonly closing = new AbortController();

  constructor(private readonly parts: WatchParts) {}

  /**
   * The verification as it is, then each change of its state, until one is final or `signal` aborts.
   *
   * @throws AppError `unknown-verification`; `queue-full` beyond {@link WATCHES_MAX}; `timeout` after {@link WATCH_TIMEOUT_MS};
   * `dependency-unavailable` when the service stops
   */
  async *watch(id: string, signal: AbortSignal): AsyncGenerator<Verification> {
    if (this.running >= WATCHES_MAX)
      throw new AppError('queue-full', `${WATCHES_MAX} verifications are being watched.`);
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

  private async *changes(id: string, signal: AbortSignal): AsyncGenerator<Verification> {
    const { verifications, nowMs } = this.parts;
    const ended = AbortSignal.any([signal, this.closing.signal]);
    const endsAtMs = nowMs() + WATCH_TIMEOUT_MS;
    let told: Verification['state'] | undefined;
    while (!signal.aborted) {
      const found = await verifications.find(id);
      if (!found) throw new AppError('unknown-verification', `There is no verification ${id}.`);
      if (found.state !== told) yield found;
      told = found.state;
      if (finalStates.has(told)) return;
      if (nowMs() >= endsAtMs)
        throw new AppError('timeout', `The verification ${id} is still ${told}; watch it again.`);
      await delay(WATCH_POLL_MS, undefined, { signal: ended }).catch(() => undefined);
      if (this.closing.signal.aborted)
        throw new AppError('dependency-unavailable', 'The service stops; watch the verification again.');
    }
  }
}
