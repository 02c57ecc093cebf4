import { eventNodeHash } from './event-batch-tree.js';
import type { MerkleReason, MerkleVerification } from './merkle-error.js';
import { type PositionedHash, positionedHashes } from './positioned-path.js';
import { equalHashes, isHash } from './tree-hash.js';
import { isTreeSize, type Side } from './tree-shape.js';

/** An inclusion proof of the profile `event-batch-v1`. */
export interface EventBatchProof {
  readonly leafHash: Uint8Array;
  readonly leafIndex: bigint;
  /** Believed only from the log entry or from the complete list; never from the proof itself. */
  readonly leafCount: bigint;
  /** From leaf to root. */
  readonly path: readonly PositionedHash[];
  readonly root: Uint8Array;
}

interface Step {
  readonly side: Side;
  /** The node is the last of an odd level, hence its own sibling. */
  readonly alone: boolean;
}

/**
 * Verifies a path of `event-batch-v1`. Length and sides are derived from (leafIndex, leafCount). A sibling equals the
 * node's own hash exactly where the node stands last on an odd level: elsewhere an equal sibling is the mark of a
 * forged longer batch (CVE-2012-2459). Never throws on an untrusted proof.
 */
export function verifyEventBatchPath(proof: EventBatchProof): MerkleVerification {
  const { leafHash, leafIndex, leafCount, root } = proof;
  if (!isTreeSize(leafCount)) return refused('tree-size-out-of-range');
  if (leafIndex < 0n || leafIndex >= leafCount) return refused('index-out-of-range');
  const steps = eventBatchSteps(leafIndex, leafCount);
  if (proof.path.length !== steps.length) return refused('path-length');
  if (proof.path.some(({ pos }, step) => pos !== steps[step]?.side)) return refused('path-side');
  const path = positionedHashes(proof.path);
  if (path === undefined || !isHash(leafHash) || !isHash(root)) return refused('hash-length');
  let hash = leafHash;
  for (const [step, { side, alone }] of steps.entries()) {
    const sibling = path[step] as Uint8Array;
    if (equalHashes(sibling, hash) !== alone) return refused('sibling-rule');
    hash = side === 'L' ? eventNodeHash(sibling, hash) : eventNodeHash(hash, sibling);
  }
  return equalHashes(hash, root) ? { ok: true } : refused('root-mismatch');
}

function eventBatchSteps(leafIndex: bigint, leafCount: bigint): Step[] {
  const steps: Step[] = [];
  let index = leafIndex;
  let count = leafCount;
  while (count > 1n) {
    const odd = (index & 1n) === 1n;
    steps.push({ side: odd ? 'L' : 'R', alone: !odd && index === count - 1n });
    index >>= 1n;
    count = (count + 1n) >> 1n;
  }
  return steps;
}

function refused(reason: MerkleReason): MerkleVerification {
  return { ok: false, reason };
}
