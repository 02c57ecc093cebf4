import type { KeystoreEntry, OutputRecorded, SignedBatch } from '@touchstone/contracts';
import {
  CONTAINS_FALSE_PART,
  stepsForLabel,
  verifyEvidence,
  type SubjectKind,
  type TrustFile,
} from '@touchstone/evidence';
import type { SignerKeys } from '../keys/signer-keys.js';

/** A chain whose anchors are verified. */
export interface AnchorChain {
  readonly network: string;
  readonly contract: string;
  /** Addresses that sent anchors before the signer's present key. */
  readonly earlierSubmitters: readonly string[];
}

/** The log that is served, and where it is anchored. */
export interface LogTrust {
  readonly origin: string;
  /** Anchors on other networks are not checked. */
  readonly chains: readonly AnchorChain[];
}

/** What a bundle is verified against; none of it comes from the bundle's own parts. */
export interface SelfCheckTrust extends LogTrust {
  readonly keys: SignerKeys;
}

/** Last moment that a Date writes with a year of four digits. */
const DATE_MS_MAX = Date.UTC(9999, 11, 31, 23, 59, 59);

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

function logTrustFile({ keys, origin, chains }: SelfCheckTrust, asOfMs: number): TrustFile {
  return {
    version: 1,
    asOf: new Date(Math.min(asOfMs, DATE_MS_MAX)).toISOString(),
    keys: [],
    models: [],
    logs: [{ origin, vkey: keys.logVerifierKey }],
    witnesses: { k: 0, vkeys: [] },
    chains: chains.map((chain) => trustedChain(chain, keys)),
    tsas: [],
    independent: [],
  };
}

function trustedChain(
  { network, contract, earlierSubmitters }: AnchorChain,
  { anchorSubmitter }: SignerKeys,
): TrustFile['chains'][number] {
  return { network, contract, test: true, submitters: [anchorSubmitter, ...earlierSubmitters] };
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
