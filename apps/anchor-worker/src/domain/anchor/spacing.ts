/** Milliseconds before a new anchor after one that failed; doubles with each in a row. */
export const FAILED_SPACING_FIRST_MS = 30_000;
/** The longest such pause. */
export const FAILED_SPACING_MAX_MS = 3_600_000;

/** What happened on a network before. */
export interface AnchorHistory {
  /** When the newest anchor was made; `undefined` for none. */
  readonly lastCreatedAtMs: number | undefined;
  /** Anchors that failed since the last one that did not. */
  readonly failuresInRow: number;
}

/** Milliseconds until the next anchor of a network may be made, not above 0 when it may be made now. */
export function spacingLeftMs(
  { lastCreatedAtMs, failuresInRow }: AnchorHistory,
  spacingMs: number,
  nowMs: number,
): number {
  if (lastCreatedAtMs === undefined) return 0;
  const failedMs =
    failuresInRow === 0
      ? 0
      : Math.min(FAILED_SPACING_FIRST_MS * 2 ** Math.min(failuresInRow - 1, 20), FAILED_SPACING_MAX_MS);
  const elapsedMs = nowMs - lastCreatedAtMs;
  // An anchor from the future was made by a wrong clock; waiting for its time would hold up everything until then.
  return elapsedMs < 0 ? 0 : Math.max(spacingMs, failedMs) - elapsedMs;
}
