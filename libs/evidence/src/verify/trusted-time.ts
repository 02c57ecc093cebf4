import type { TrustFile } from '../trust/schema.js';
import type { PassedAnchor } from './anchor.js';

/** Uncertainty that is added to an EVM block's time (protocol section 5). */
export const EVM_UNCERTAINTY_MS = 60_000;

/** The time at which the evidence certainly existed, and where it comes from. */
export interface TrustedTime {
  readonly timeMs: number;
  /** `declared-time-only` when no independent source speaks and the present is used instead. */
  readonly source: string;
  readonly declaredTimeOnly: boolean;
}

/** The earliest passing anchor from a source that the trust file calls independent, else the present. */
export function trustedTime(
  passed: readonly PassedAnchor[],
  trust: TrustFile | undefined,
  nowMs: number,
): TrustedTime {
  const independent = passed
    .filter(({ network }) => trust?.independent.includes(network))
    .map(({ network, timeMs }) => ({ timeMs: timeMs + EVM_UNCERTAINTY_MS, source: network }))
    .sort((left, right) => left.timeMs - right.timeMs)[0];
  return independent
    ? { ...independent, declaredTimeOnly: false }
    : { timeMs: nowMs, source: 'the verifier’s clock', declaredTimeOnly: true };
}
