/** Why a tree or a proof cannot be built, or why a proof is refused; the set is closed. */
export type MerkleReason =
  | 'tree-size-out-of-range'
  | 'index-out-of-range'
  | 'empty-tree'
  | 'hash-length'
  | 'path-length'
  | 'path-side'
  | 'sibling-rule'
  | 'root-mismatch'
  | 'equal-siblings'
  | 'event-length-64';

/** The answer of a verifier. It never throws on what an attacker may send. */
export type MerkleVerification = { ok: true } | { ok: false; reason: MerkleReason };

/** Thrown by builders when a tree or a proof must not, or cannot, be made from what they were given. */
export class MerkleError extends Error {
  override readonly name = 'MerkleError';

  constructor(
    readonly reason: MerkleReason,
    message: string,
  ) {
    super(message);
  }
}
