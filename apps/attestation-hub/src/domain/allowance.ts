/** How much may come at once, and how long it takes until one more may come. */
export interface Allowance {
  readonly max: number;
  readonly refillMs: number;
}

/**
 * Takes one from an allowance by the generic cell rate algorithm (ITU-T I.371): the time at which all that was taken is
 * refilled is all that has to be kept.
 *
 * @param refilledAtMs that time, 0 before anything was taken
 * @returns that time from now on, or the milliseconds after which one may be taken where none is left
 */
export function takeOne(
  { max, refillMs }: Allowance,
  refilledAtMs: number,
  nowMs: number,
): { readonly refilledAtMs: number } | { readonly waitMs: number } {
  const takenMs = Math.max(0, refilledAtMs - nowMs);
  // More than all cannot have been taken: the clock was set back, and its node must not wait for the old time.
  const afterMs = (takenMs > max * refillMs ? 0 : takenMs) + refillMs;
  const overMs = afterMs - max * refillMs;
  return overMs > 0 ? { waitMs: overMs } : { refilledAtMs: nowMs + afterMs };
}
