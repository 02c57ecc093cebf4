import { bytesToHex, sha256 } from '@touchstone/crypto';
import { MerkleError } from './merkle-error.js';
import type { PositionedHash } from './positioned-path.js';
import { checkHash, equalHashes, HASH_BYTES } from './tree-hash.js';

/** An event of so many canonical bytes could be an inner node of the tree, two hashes side by side. */
export const EVENT_LENGTH_REFUSED = 2 * HASH_BYTES;

/** Reused for every inner node. */
const nodeInput = new Uint8Array(2 * HASH_BYTES);

/** A tree of the profile `event-batch-v1` in memory. */
export interface EventBatchTree {
  /** Number of leaves, at least 1. */
  readonly size: number;
  readonly root: Uint8Array;
  /**
   * Path of the leaf at `index`, from leaf to root; a node without a neighbour is its own sibling at side `R`.
   *
   * @throws MerkleError `index-out-of-range`
   */
  path(index: number): PositionedHash[];
}

/**
 * Hash of an event's canonical bytes, the leaf of `event-batch-v1`.
 *
 * The profile has no prefixes, so that an event of 64 bytes `left || right` would hash to an inner node and could be
 * "proven" in a batch that never held it (second pre-image). Builder and verifier refuse that length.
 *
 * @throws MerkleError `event-length-64`
 */
export function eventLeafHash(event: Uint8Array): Uint8Array {
  if (event.length === EVENT_LENGTH_REFUSED) {
    throw new MerkleError(
      'event-length-64',
      'An event of exactly 64 canonical bytes is refused; add a salt.',
    );
  }
  return sha256(event);
}

/** `sha256(left || right)`, an inner node of `event-batch-v1`; both sides are 32 bytes. */
export function eventNodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  nodeInput.set(left, 0);
  nodeInput.set(right, HASH_BYTES);
  return sha256(nodeInput);
}

/**
 * Builds the tree of the profile `event-batch-v1` over leaf hashes: one leaf is the root; the last hash of an odd
 * level above one is paired with itself.
 *
 * Equal hashes at positions 2i and 2i + 1 of any level are refused, because the padding would give batches of
 * different lengths the same root (CVE-2012-2459).
 *
 * @throws MerkleError `empty-tree`, `hash-length` or `equal-siblings`
 * @example
 * ```ts
 * import assert from 'node:assert/strict';
 * import { buildEventBatchTree, eventLeafHash, verifyEventBatchPath } from '@touchstone/merkle';
 *
 * const [first, second, third] = ['{"t":1}', '{"t":2}', '{"t":3}'].map((text) =>
 *   eventLeafHash(new TextEncoder().encode(text)),
 * );
 * assert(first && second && third);
 * const tree = buildEventBatchTree([first, second, third]);
 * const proof = { leafHash: third, leafIndex: 2n, leafCount: 3n, path: tree.path(2), root: tree.root };
 * assert.deepEqual(verifyEventBatchPath(proof), { ok: true });
 * assert.throws(() => buildEventBatchTree([first, first]), { reason: 'equal-siblings' });
 * ```
 */
export function buildEventBatchTree(leafHashes: readonly Uint8Array[]): EventBatchTree {
  if (leafHashes.length === 0) throw new MerkleError('empty-tree', 'A batch has at least one event.');
  leafHashes.forEach(checkHash);
  let level: readonly Uint8Array[] = [...leafHashes];
  const levels: (readonly Uint8Array[])[] = [];
  while (level.length > 1) {
    levels.push(level);
    level = nextLevel(level);
  }
  const size = leafHashes.length;
  return { size, root: level[0] as Uint8Array, path: (index) => positionedPath(levels, size, index) };
}

function nextLevel(level: readonly Uint8Array[]): Uint8Array[] {
  const next: Uint8Array[] = [];
  for (let position = 0; position < level.length; position += 2) {
    const left = level[position] as Uint8Array;
    const right = level[position + 1];
    if (right !== undefined && equalHashes(left, right)) {
      throw new MerkleError(
        'equal-siblings',
        `The hashes at ${position} and ${position + 1} of a level are equal.`,
      );
    }
    next.push(eventNodeHash(left, right ?? left));
  }
  return next;
}

function positionedPath(
  levels: readonly (readonly Uint8Array[])[],
  size: number,
  index: number,
): PositionedHash[] {
  if (!Number.isInteger(index) || index < 0 || index >= size) {
    throw new MerkleError('index-out-of-range', `Event ${index} is not one of ${size}.`);
  }
  let position = index;
  return levels.map((level) => {
    const sibling = level[position ^ 1] ?? (level[position] as Uint8Array);
    const step: PositionedHash = { hash: bytesToHex(sibling), pos: position % 2 === 1 ? 'L' : 'R' };
    position >>>= 1;
    return step;
  });
}
