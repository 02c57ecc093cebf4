import { PreparedTrust } from '../trust/prepared-trust.js';
import type { TrustFile } from '../trust/schema.js';
import { judgeEvidence } from './evidence.js';
import { labelOf, provenLabel, type Label } from './label.js';
import { CONTAINS_FALSE_PART, isUniquenessMissing, remarksOf } from './remarks.js';
import { runSteps } from './run-steps.js';
import { isFailure, type Step } from './step.js';
import { gate, openBundle } from './steps/gate.js';
import { provenCircuit } from './steps/zk.js';
import type { ReportedSubject } from './subjects/reported.js';

/** The answer of a verification. It never says more than its steps do. */
export interface VerificationReport {
  readonly version: 1;
  readonly result: 'VALID' | 'INVALID';
  readonly label: Label;
  readonly steps: readonly Step[];
  /** When the trust file was made; a later revocation is not known to it. `null` without a trust file. */
  readonly trustAsOf: string | null;
  readonly trustedTime: { readonly at: string; readonly source: string } | null;
  /** Machine-readable remarks, for example `declared-time-only`. */
  readonly remarks: readonly string[];
  /** What the evidence is about, read from the bundle; `null` when it cannot be read. */
  readonly subject: ReportedSubject | null;
}

export interface VerifyOptions {
  /** What the verifier believes; whoever verifies many bundles prepares it once, with `prepareTrust`. */
  readonly trust?: TrustFile | PreparedTrust;
  /** The verifier's clock in milliseconds since 1970. */
  readonly nowMs: number;
  /** True makes evidence with the remark `contains-false-part` INVALID. */
  readonly strict?: boolean;
  /**
   * Most public signals of a proof that are judged; one with more is `not-checked`. All by default: a second or two for the most that a
   * bundle may hold, which is much for a service and nothing for whoever asks once.
   */
  readonly signalsMax?: number;
}

/**
 * Verifies an evidence bundle offline. Hostile input never throws: what is wrong becomes a failed step.
 *
 * @param text the bundle's exact text
 */
export function verifyEvidence(
  text: string | Uint8Array,
  { trust: given, strict = false, ...options }: VerifyOptions,
): VerificationReport {
  const trust = given === undefined || given instanceof PreparedTrust ? given : new PreparedTrust(given);
  const trustAsOf = trust?.file.asOf ?? null;
  const bundle = openBundle(text);
  if ('refusal' in bundle) {
    return {
      version: 1,
      result: 'INVALID',
      label: 'L0',
      steps: [{ name: gate.name, ...bundle.refusal }],
      trustAsOf,
      trustedTime: null,
      remarks: [],
      subject: null,
    };
  }
  const evidence = judgeEvidence(bundle, trust, options);
  const { anchors, entry, subject, time } = evidence;
  const steps = runSteps(evidence);
  const remarks = remarksOf(evidence, steps);
  const isInvalid = steps.some(isFailure) || (strict && remarks.includes(CONTAINS_FALSE_PART));
  const passedAnchors = anchors.flatMap(({ passed }) => passed ?? []);
  const highest = isUniquenessMissing(steps, trust) ? 'L1' : 'L2';
  const label = labelOf(subject.kind, steps, passedAnchors, highest);
  const proven = trust && provenCircuit(bundle, steps, trust);
  return {
    version: 1,
    result: isInvalid ? 'INVALID' : 'VALID',
    label: isInvalid ? 'L0' : proven ? provenLabel(label, proven) : label,
    steps,
    trustAsOf,
    trustedTime: { at: new Date(time.timeMs).toISOString(), source: time.source },
    remarks,
    subject: subject.reported(entry.ok ? entry.entry : undefined),
  };
}
