import type { NodeState } from './node.js';

/** How long a node has been silent, and whether that is too long. */
export interface Freshness {
  readonly ageMs: number;
  readonly stale: boolean;
}

/**
 * The silence of a node at one moment. It is worked out when somebody asks, from the stored time of the last
 * heartbeat, so that no timer has to run and a hub that was away shows the truth at once. Who was found silent stays so until it
 * is heard, whatever the clock of another replica says.
 */
export function freshnessOf(
  { lastHeartbeat, staleSinceMs }: Pick<NodeState, 'lastHeartbeat' | 'staleSinceMs'>,
  nowMs: number,
  staleAfterMs: number,
): Freshness {
  // A replica whose clock is behind the one that stored the heartbeat would see a negative age.
  const ageMs = Math.max(0, nowMs - lastHeartbeat.atMs);
  return { ageMs, stale: staleSinceMs !== null || ageMs > staleAfterMs };
}

/** Milliseconds by which the stated time of a heartbeat may be off before the answer says so. */
export const CLOCK_SKEW_MAX_MS = 300_000;

/** The skew where it is worth telling: a node whose clock is off is still taken, for its time orders nothing. */
export function reportedSkew(clockSkewMs: number): number | null {
  return Math.abs(clockSkewMs) > CLOCK_SKEW_MAX_MS ? clockSkewMs : null;
}

/** Milliseconds after which it is told again that the clock of a node begins to be off: one that jumps fills no audit. */
export const SKEW_TOLD_AGAIN_MS = 3_600_000;
