import { bytesToHex, hexToBytes } from '@touchstone/crypto';
import { outputLeaf, readCheckpoint, type OutputBundle, type LogProof } from '@touchstone/evidence';
import { leafHash, leafHashOfText, nodeHash, toPositionedPath } from '@touchstone/merkle';

/** One level of a way from a leaf to a root: the sibling, its side, and the hash of both together. */
export interface ClimbStep {
  readonly sibling: string;
  readonly side: 'L' | 'R';
  readonly parent: string;
}

/** A way from a leaf to the root that the bundle claims. */
export interface Climb {
  readonly leaf: string;
  readonly steps: readonly ClimbStep[];
  /** The root that the bundle claims; the last parent when the proof holds. */
  readonly root: string;
}

/** The way of the signed output to the root of its batch; `undefined` when it cannot be computed. */
export function batchClimb({ subject, inclusion }: OutputBundle): Climb | undefined {
  try {
    return climb(leafHash(outputLeaf(subject.proof)), inclusion.path, inclusion.rootHex);
  } catch {
    return undefined;
  }
}

/** The way of the log entry to the root of a checkpoint; `undefined` when it cannot be computed. */
export function logClimb(entry: string, proof: LogProof): Climb | undefined {
  const checkpoint = readCheckpoint(proof.checkpoint);
  if (!checkpoint) return undefined;
  try {
    const path = toPositionedPath(
      proof.path.map((hash) => hexToBytes(hash, 32) as Uint8Array),
      BigInt(proof.leafIndex),
      BigInt(proof.treeSize),
    );
    return climb(leafHashOfText(entry), path, bytesToHex(checkpoint.root));
  } catch {
    // The index does not belong into the tree; the verification says so.
    return undefined;
  }
}

function climb(
  leaf: Uint8Array,
  path: readonly { readonly hash: string; readonly pos: 'L' | 'R' }[],
  root: string,
): Climb {
  let current = leaf;
  const steps = path.map(({ hash, pos }): ClimbStep => {
    const sibling = hexToBytes(hash, 32) as Uint8Array;
    current = pos === 'L' ? nodeHash(sibling, current) : nodeHash(current, sibling);
    return { sibling: hash, side: pos, parent: bytesToHex(current) };
  });
  return { leaf: bytesToHex(leaf), steps, root };
}
