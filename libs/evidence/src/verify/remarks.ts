import { CLOCK_SKEW_MAX_MS } from '@touchstone/crypto';
import type { PreparedTrust } from '../trust/prepared-trust.js';
import type { Evidence } from './evidence.js';
import { isOptionalFailure, type Step } from './step.js';
import type { TrustedTime } from './trusted-time.js';

/** How long after the declared time a source may lie before a remark says so, in milliseconds. */
const LONG_BEFORE_ANCHOR_MS = 3_600_000;

/** A part is false under the trust file, and nothing rests on it; `--strict` refuses what has this remark. */
export const CONTAINS_FALSE_PART = 'contains-false-part';

/** What a reader should know beside the label, each once (protocol section 12). */
export function remarksOf({ subject, trust, checkpoints, time }: Evidence, steps: readonly Step[]): string[] {
  const hasFalsePart = steps.some(isOptionalFailure) || checkpoints.some(({ hasFalseLine }) => hasFalseLine);
  return [
    ...timeRemarks(subject.declared.ms, time),
    ...(trust ? [] : ['no-trust-file']),
    ...subject.remarks,
    ...(isUniquenessMissing(steps, trust) ? ['log-uniqueness-not-shown'] : []),
    ...(hasFalsePart ? [CONTAINS_FALSE_PART] : []),
  ];
}

function timeRemarks(declaredMs: number, { timeMs, sourceTimeMs }: TrustedTime): string[] {
  if (sourceTimeMs === undefined) return ['declared-time-only'];
  const seconds = (milliseconds: number): number => Math.floor(milliseconds / 1_000);
  return [
    ...(declaredMs > timeMs + CLOCK_SKEW_MAX_MS
      ? [`declared-after-anchor:${seconds(declaredMs - timeMs)}`]
      : []),
    ...(sourceTimeMs - declaredMs > LONG_BEFORE_ANCHOR_MS
      ? [`declared-long-before-anchor:${seconds(sourceTimeMs - declaredMs)}`]
      : []),
  ];
}

/** The trust file asks for witnesses, and they do not show that everybody saw this log. */
export function isUniquenessMissing(steps: readonly Step[], trust: PreparedTrust | undefined): boolean {
  const isAsked = (trust?.file.witnesses.k ?? 0) > 0;
  return isAsked && !steps.some(({ name, status }) => name === 'log-uniqueness' && status === 'pass');
}
