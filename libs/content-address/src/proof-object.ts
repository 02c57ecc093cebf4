import { canonicalBytes } from '@touchstone/canonical-json';
import type { ZkProof } from '@touchstone/contracts/circuit';
import { unixFsCid } from './unixfs-cid.js';

/** The object of a proof: bytes that anybody can keep, under the name that they give themselves. */
export interface ProofObject {
  readonly cid: string;
  /** Canonical JSON (RFC 8785) of the member `zk` of an evidence bundle. */
  readonly bytes: Uint8Array;
}

/** The same for the same proof, wherever it is made. */
export function proofObject(zk: ZkProof): ProofObject {
  const bytes = canonicalBytes(zk);
  return { cid: unixFsCid(bytes), bytes };
}
