import type { KeystoreEntry, OutputRecorded } from '@touchstone/contracts';
import { CONTAINS_FALSE_PART, stepsForLabel, verifyEvidence, type TrustFile } from '@touchstone/evidence';
import type { SignerKeys } from '../keys/signer-keys.js';

/** A chain whose anchors are verified. */
export interface AnchorChain {
  readonly network: string;
  readonly contract: string;
  /** Addresses that sent anchors before the signer's present key. */
  readonly earlierSubmitters: readonly string[];
}

/** What a bundle is verified against; none of it comes from the bundle's own parts. */
export interface SelfCheckTrust {
  readonly keys: SignerKeys;
  readonly origin: string;
  /** Anchors on other networks are not checked. */
  readonly chains: readonly AnchorChain[];
  /** Hash of a commitment that was published for the model version. */
  readonly commitmentHash: string;
}

/** Steps that must have passed, not merely not failed. An anchor is not among them: its block is the reader's to trust. */
const REQUIRED = stepsForLabel('L2', 'output').filter((name) => name !== 'anchor');

/** Last second that a Date writes with a year of four digits. */
const SECONDS_MAX = Date.UTC(9999, 11, 31, 23, 59, 59) / 1_000;

/**
 * Verifies a bundle before it is served (architecture, rule 6).
 *
 * The question is whether the bundle proves what was recorded, not whether a reader should still trust the key: so the
 * clock is the time of recording and revocations are left out, else a key that is retired or revoked later would make
 * all older evidence unreadable. It is the time of signing where that is later: a clock that was set back in between
 * says nothing against the output, and the signer signs none from the future. What was signed tells its own domain, since the digest covers it.
 *
 * @returns one line for each step that is not as it must be; empty when the bundle may be served
 */
export function selfCheck(text: string, record: OutputRecorded, trust: SelfCheckTrust): string[] {
  const report = verifyEvidence(text, {
    trust: trustFileOf(record, trust),
    nowMs: Math.max(Date.parse(record.recordedAt), record.proof.timestamp * 1_000),
  });
  const wrong = report.steps.filter(({ status }) => status === 'fail');
  const missing = REQUIRED.filter(
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

function trustFileOf(
  { proof }: OutputRecorded,
  { keys, origin, chains, commitmentHash }: SelfCheckTrust,
): TrustFile {
  const seconds = Math.min(proof.timestamp, SECONDS_MAX);
  const key = keys.outputKeys.find(({ kid }) => kid === proof.keyId);
  return {
    version: 1,
    asOf: new Date(seconds * 1_000).toISOString(),
    keys: key ? [{ ...asOfSigning(key), domains: [proof.domain] }] : [],
    models: [{ modelVersionId: proof.modelVersionId, commitmentHash }],
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

function asOfSigning({ kid, alg, use, public_key, not_before, not_after }: KeystoreEntry): KeystoreEntry {
  return { kid, alg, use, public_key, not_before, not_after, status: 'active' };
}
