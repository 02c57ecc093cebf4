import type { KeystoreEntry, OutputRecorded, SignedBatch } from '@touchstone/contracts';
import {
  CONTAINS_FALSE_PART,
  stepsForLabel,
  verifyEvidence,
  type SubjectKind,
  type TrustFile,
} from '@touchstone/evidence';
import { logTrustFile, type SelfCheckTrust } from './own-trust.js';

/**
 * Verifies the bundle of an output before it is served (architecture, rule 6).
 *
 * The question is whether the bundle proves what was recorded, not whether a reader should still trust the key: so the
 * clock is the time of recording and revocations are left out, else a key that is retired or revoked later would make
 * all older evidence unreadable. It is the time of signing where that is later: a clock that was set back in between
 * says nothing against the output, and the signer signs none from the future. What was signed tells its own domain, since the digest covers it.
 *
 * @returns one line for each step that is not as it must be; empty when the bundle may be served
 */
export function checkOutput(
  text: string,
  { proof, recordedAt }: OutputRecorded,
  trust: SelfCheckTrust & {
    /** Of a commitment that was published for the model version. */ readonly commitmentHash: string;
  },
): string[] {
  const key = trust.keys.outputKeys.find(({ kid }) => kid === proof.keyId);
  const signedMs = proof.timestamp * 1_000;
  const file: TrustFile = {
    ...logTrustFile(trust, signedMs),
    keys: key ? [{ ...asOfSigning(key), domains: [proof.domain] }] : [],
    models: [{ modelVersionId: proof.modelVersionId, commitmentHash: trust.commitmentHash }],
  };
  return findings('output', text, file, Math.max(Date.parse(recordedAt), signedMs));
}

/** {@link checkOutput} of an event, at the time that its batch declares. */
export function checkEvent(text: string, { kid, batchTs }: SignedBatch, trust: SelfCheckTrust): string[] {
  const key = trust.keys.batchKeys.find((known) => known.kid === kid);
  const signedMs = Date.parse(batchTs);
  const file: TrustFile = { ...logTrustFile(trust, signedMs), keys: key ? [asOfSigning(key)] : [] };
  return findings('event', text, file, signedMs);
}

/** Steps that must have passed, not merely not failed. An anchor is not among them: its block is the reader's to trust. */
const required = {
  output: stepsForLabel('L2', 'output').filter((name) => name !== 'anchor'),
  event: stepsForLabel('L2', 'event').filter((name) => name !== 'anchor'),
} as const;

function findings(kind: SubjectKind, text: string, trust: TrustFile, nowMs: number): string[] {
  const report = verifyEvidence(text, { trust, nowMs });
  const wrong = report.steps.filter(({ status }) => status === 'fail');
  const missing = required[kind].filter(
    (name) => !report.steps.some((step) => step.name === name && step.status === 'pass'),
  );
  return [
    ...wrong.map(({ name, detail }) => `${name}: ${detail ?? 'failed'}`),
    // A false part that a verifier could put aside is still ours: a service serves none.
    ...(wrong.length === 0 && report.remarks.includes(CONTAINS_FALSE_PART) ? [CONTAINS_FALSE_PART] : []),
    ...missing
      .filter((name) => !wrong.some((step) => step.name === name))
      .map((name) => `${name}: not shown`),
  ];
}

function asOfSigning({
  kid,
  alg,
  use,
  name,
  public_key,
  not_before,
  not_after,
}: KeystoreEntry): KeystoreEntry {
  return {
    ...{ kid, alg, use, public_key, not_before, not_after, status: 'active' },
    ...(name === undefined ? {} : { name }),
  };
}
