import { token } from './service/provide.js';

/** Where the time comes from, so that a test may set it. */
export interface Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  nowMs(): number;
}

/** The clock of the machine. */
export const systemClock: Clock = { nowMs: () => Date.now() };

/** Injection token of the {@link Clock}. */
export const CLOCK = token<Clock>('Clock');
