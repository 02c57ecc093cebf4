/** Rounds to the nearest whole number, half to even, exactly for |value| ≤ 2^52. */
export function roundHalfEven(value: number): number {
  const below = Math.floor(value);
  const part = value - below;
  if (part !== 0.5) return part < 0.5 ? below : below + 1;
  return below % 2 === 0 ? below : below + 1;
}

/** Holds a value between two bounds. */
export const clamp = (value: number, lower: number, upper: number): number =>
  Math.min(upper, Math.max(lower, value));
