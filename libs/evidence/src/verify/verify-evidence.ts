import { checkEvidenceTime, parseSignature } from '@touchstone/crypto';
import { parseStrictJson } from '@touchstone/canonical-json';
import { EVIDENCE_BYTES_MAX, evidenceBundle, type EvidenceBundle } from '../bundle/schema.js';
import { readSignedCheckpoint } from '../log/checkpoint.js';
import { fit } from '../schema-issues.js';
import { PreparedTrust, type PreparedKey } from '../trust/prepared-trust.js';
import type { TrustFile } from '../trust/schema.js';
import { anchorSteps } from './anchor.js';
import { DATE_MS_MAX } from './date-limit.js';
import { judgeCheckpoint } from './judged-checkpoint.js';
import { labelOf, type Label } from './label.js';
import { logSteps } from './log.js';
import { CONTAINS_FALSE_PART, isUniquenessMissing, remarksOf } from './remarks.js';
import { ARITHMETIC, fail, isFailure, notChecked, pass, type Step } from './step.js';
import { commitmentStep, findOutputKey, signatureStep, subjectSteps } from './subject.js';
import { trustedTime, type TrustedTime } from './trusted-time.js';

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
  readonly subject: {
    readonly modelVersionId: string;
    readonly timestamp: number;
    readonly keyId: string;
  } | null;
}

export interface VerifyOptions {
  /** What the verifier believes; whoever verifies many bundles prepares it once, with `prepareTrust`. */
  readonly trust?: TrustFile | PreparedTrust;
  /** The verifier's clock in milliseconds since 1970. */
  readonly nowMs: number;
  /** True makes evidence with the remark `contains-false-part` INVALID. */
  readonly strict?: boolean;
}

/**
 * Verifies an evidence bundle offline. Hostile input never throws: what is wrong becomes a failed step.
 *
 * @param text the bundle's exact text
 */
export function verifyEvidence(text: string | Uint8Array, options: VerifyOptions): VerificationReport {
  const trust = prepared(options.trust);
  const parsed = parseStrictJson(text, { maxBytes: EVIDENCE_BYTES_MAX });
  if (!parsed.ok) return unreadable(`${parsed.error.pointer || '/'}: ${parsed.error.message}`, trust);
  const bundle = fit(evidenceBundle, parsed.value);
  if (!bundle.ok) return unreadable(bundle.detail, trust);
  return verifyBundle(bundle.value, trust, options);
}

function prepared(trust: TrustFile | PreparedTrust | undefined): PreparedTrust | undefined {
  return trust === undefined || trust instanceof PreparedTrust ? trust : new PreparedTrust(trust);
}

function unreadable(detail: string, trust: PreparedTrust | undefined): VerificationReport {
  const step = fail('gate', { expected: 'an evidence bundle of version 1', restsOn: ARITHMETIC, detail });
  return {
    version: 1,
    result: 'INVALID',
    label: 'L0',
    steps: [step],
    trustAsOf: trust?.file.asOf ?? null,
    trustedTime: null,
    remarks: [],
    subject: null,
  };
}

function verifyBundle(
  bundle: EvidenceBundle,
  trust: PreparedTrust | undefined,
  { nowMs, strict = false }: VerifyOptions,
): VerificationReport {
  const checkpoints = bundle.logProofs.map(({ checkpoint }) =>
    judgeCheckpoint(readSignedCheckpoint(checkpoint), trust),
  );
  const signature = parseSignature(bundle.subject.proof.signature);
  const anchors = anchorSteps(bundle, checkpoints, trust);
  const cosignatures = checkpoints.flatMap((checkpoint) => checkpoint.cosignatures);
  const time = trustedTime(anchors.passed, cosignatures, trust?.file, nowMs);
  const { key, step: keyStep } = findOutputKey(bundle, trust);
  const steps: Step[] = [
    pass('gate', { expected: 'an evidence bundle of version 1', restsOn: ARITHMETIC }),
    ...subjectSteps(bundle),
    keyStep,
    signatureStep(bundle, signature, key),
    keyStateStep(bundle, key, time, nowMs),
    commitmentStep(bundle, trust),
    ...logSteps(bundle, signature, checkpoints, trust),
    ...anchors.steps,
  ];
  const { modelVersionId, timestamp, keyId } = bundle.subject.proof;
  const remarks = remarksOf(bundle, trust, { steps, checkpoints, time });
  const isInvalid = steps.some(isFailure) || (strict && remarks.includes(CONTAINS_FALSE_PART));
  const highest = isUniquenessMissing(steps, trust) ? 'L1' : 'L2';
  return {
    version: 1,
    result: isInvalid ? 'INVALID' : 'VALID',
    label: isInvalid ? 'L0' : labelOf(steps, anchors.passed, highest),
    steps,
    trustAsOf: trust?.file.asOf ?? null,
    trustedTime: { at: new Date(time.timeMs).toISOString(), source: time.source },
    remarks,
    subject: { modelVersionId, timestamp, keyId },
  };
}

function keyStateStep(
  bundle: EvidenceBundle,
  trusted: PreparedKey | undefined,
  time: TrustedTime,
  nowMs: number,
): Step {
  if (!trusted) {
    return notChecked('key-state', {
      restsOn: 'a key in the trust file',
      detail: 'there is no trusted key to check',
    });
  }
  const { entry, key } = trusted;
  const restsOn =
    time.sourceTimeMs === undefined
      ? `trust file: key ${entry.kid}; the declared time, since no independent source of time speaks`
      : `trust file: key ${entry.kid}; time from ${time.source}`;
  const declaredTime = bundle.subject.proof.timestamp * 1_000;
  const shown = {
    expected: `from ${entry.not_before} to ${entry.not_after}`,
    actual:
      declaredTime <= DATE_MS_MAX
        ? new Date(declaredTime).toISOString()
        : String(bundle.subject.proof.timestamp),
    restsOn,
  };
  if (!key) {
    return fail('key-state', {
      ...shown,
      detail: `key-not-valid-at: the stated status ${entry.status} contradicts the key’s times`,
    });
  }
  const check = checkEvidenceTime({ key, declaredTime, trustedTime: time.timeMs, now: nowMs });
  return check === 'ok'
    ? pass('key-state', shown)
    : fail('key-state', { ...shown, detail: `key-not-valid-at: ${check}` });
}
