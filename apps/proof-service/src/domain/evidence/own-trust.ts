import type { TrustFile } from '@touchstone/evidence';
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

/** A trust file of the log and its anchors, without keys and models. */
export function logTrustFile({ keys, origin, chains }: SelfCheckTrust, asOfMs: number): TrustFile {
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

/** What this service would believe of a bundle that somebody else brings: the keys as they are now, its log and its anchors. */
export function ownTrustFile(trust: SelfCheckTrust, asOfMs: number): TrustFile {
  const { outputKeys, batchKeys, domain } = trust.keys;
  return {
    ...logTrustFile(trust, asOfMs),
    keys: [...outputKeys.map((key) => ({ ...key, domains: [domain] })), ...batchKeys],
  };
}

function trustedChain(
  { network, contract, earlierSubmitters }: AnchorChain,
  { anchorSubmitter }: SignerKeys,
): TrustFile['chains'][number] {
  return { network, contract, test: true, submitters: [anchorSubmitter, ...earlierSubmitters] };
}
