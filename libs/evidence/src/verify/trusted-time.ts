import type { TrustFile } from '../trust/schema.js';
import type { PassedAnchor } from '../anchors/kind.js';
import type { Cosignature } from './judged-checkpoint.js';

/** Uncertainty that is added to the time of a witness (protocol section 5). */
export const WITNESS_UNCERTAINTY_MS = 60_000;

/** The time at which the evidence certainly existed, and where it comes from. */
export interface TrustedTime {
  /** T: the smallest sum of time and uncertainty over all independent sources, or the present where that is earlier. */
  readonly timeMs: number;
  /** The source of that sum, also where the present is earlier. */
  readonly source: string;
  /** What the source itself says, without its uncertainty; `undefined` where no independent source speaks. */
  readonly sourceTimeMs: number | undefined;
}

/** T of protocol section 5. It depends on no log key: each source that the trust file calls independent is believed alone. */
export function trustedTime(
  anchors: readonly PassedAnchor[],
  cosignatures: readonly Cosignature[],
  trust: TrustFile | undefined,
  nowMs: number,
): TrustedTime {
  const said = [
    ...anchors.map(({ network, timeMs, uncertaintyMs }) => ({ source: network, timeMs, uncertaintyMs })),
    ...cosignatures.flatMap(({ name, timeMs }) =>
      timeMs === undefined ? [] : { source: name, timeMs, uncertaintyMs: WITNESS_UNCERTAINTY_MS },
    ),
  ];
  const [earliest] = said
    .filter(({ source }) => trust?.independent.includes(source))
    .sort((left, right) => latest(left) - latest(right) || left.timeMs - right.timeMs);
  if (!earliest) return { timeMs: nowMs, source: 'the verifier’s clock', sourceTimeMs: undefined };
  return {
    timeMs: Math.min(nowMs, latest(earliest)),
    source: earliest.source,
    sourceTimeMs: earliest.timeMs,
  };
}

/** The latest time that a source can mean. */
const latest = ({
  timeMs,
  uncertaintyMs,
}: {
  readonly timeMs: number;
  readonly uncertaintyMs: number;
}): number => timeMs + uncertaintyMs;
