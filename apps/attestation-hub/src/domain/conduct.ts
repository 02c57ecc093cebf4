import type { FlipRules } from './flip-rules.js';
import type { HeartbeatReport } from './heartbeat-report.js';

/** A start of the process of a node that is over, and when it was last heard, in milliseconds since 1970. */
interface EarlierBoot {
  readonly bootId: string;
  readonly lastMs: number;
}

/** How a node counts its starts and heartbeats, as far as that shows whether it is one machine. */
export interface Conduct {
  readonly bootId: string | null;
  readonly sequence: number | null;
  readonly atMs: number;
  /** Starts within the window before this one, the oldest first. */
  readonly earlier: readonly EarlierBoot[];
  /** Until when the last sign of two machines counts; 0 where there was none. */
  readonly suspectUntilMs: number;
}

/** Earlier starts that are kept of a node; one that starts more often within the window may hide an older one. */
export const EARLIER_BOOTS_MAX = 16;

const UNHEARD: Conduct = { bootId: null, sequence: null, atMs: 0, earlier: [], suspectUntilMs: 0 };

/**
 * Takes an attested heartbeat into the conduct of its node. Two machines with one name show in two ways: a start comes back that was over, or
 * the heartbeats of one start count backwards. A restart is one change of the start.
 *
 * @param isExcused whether the node is part of a rollout, in which two machines take turns
 */
export function conductAfter(
  known: Conduct | null,
  report: Pick<HeartbeatReport, 'bootId' | 'sequence'>,
  atMs: number,
  { windowMs }: FlipRules,
  isExcused: boolean,
): Conduct | null {
  const bootId = report.bootId ?? null;
  const sequence = report.sequence ?? null;
  if (bootId === null && sequence === null) return known;
  const before = known ?? UNHEARD;
  const isSameBoot = before.bootId === bootId;
  const ended = isSameBoot || before.bootId === null ? [] : [{ bootId: before.bootId, lastMs: before.atMs }];
  const earlier = [...before.earlier, ...ended].filter(({ lastMs }) => atMs - lastMs <= windowMs);
  const cameBack =
    !isSameBoot && before.earlier.some((each) => each.bootId === bootId && atMs - each.lastMs <= windowMs);
  const countsBack =
    isSameBoot && sequence !== null && before.sequence !== null && sequence < before.sequence;
  const isSign = (cameBack || countsBack) && !isExcused;
  return {
    ...{ bootId, sequence: sequence ?? (isSameBoot ? before.sequence : null), atMs },
    earlier: earlier.slice(-EARLIER_BOOTS_MAX),
    suspectUntilMs: isExcused ? 0 : isSign ? atMs + windowMs : before.suspectUntilMs,
  };
}

/** Whether a sign of two machines counts at a time. */
export function isTwoMachines(conduct: Conduct | null, atMs: number): boolean {
  return conduct !== null && conduct.suspectUntilMs > 0 && atMs <= conduct.suspectUntilMs;
}
