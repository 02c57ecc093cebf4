import { eventNodeHash } from './event-batch-tree.js';
import { MerkleError } from './merkle-error.js';
import { checkHash, equalHashes, nodeHash } from './tree-hash.js';

/** What makes one profile of batch trees differ from the other. */
interface Profile {
  /** Joins two hashes that both stand in the tree, or refuses them. */
  readonly join: (left: Uint8Array, right: Uint8Array) => Uint8Array;
  /** What becomes of the last hash of an odd level. */
  readonly alone: (hash: Uint8Array) => Uint8Array;
}

/**
 * Takes the leaves of a batch one by one and gives the root, keeping one hash for each level: a batch of a million
 * events needs no memory of their number.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict';
 * import { buildTree, leafHashOfText, rfc9162Root } from '@touchstone/merkle';
 *
 * const leaves = ['a', 'b', 'c'].map(leafHashOfText);
 * const accumulator = rfc9162Root();
 * for (const leaf of leaves) accumulator.push(leaf);
 * assert.deepEqual(accumulator.root(), buildTree(leaves).root);
 * ```
 */
export class RootAccumulator {
  /** By level, the complete left subtree that waits for its neighbour. */
  private readonly waiting: (Uint8Array | undefined)[] = [];
  private leaves = 0;

  constructor(private readonly profile: Profile) {}

  /** Number of leaves so far. */
  get size(): number {
    return this.leaves;
  }

  /**
   * Appends a leaf hash of 32 bytes, which is kept: do not change it afterwards.
   *
   * @throws MerkleError `hash-length`, or `equal-siblings` under `event-batch-v1`
   */
  push(hash: Uint8Array): void {
    checkHash(hash);
    const { waiting } = this;
    let node = hash;
    let level = 0;
    for (let left = waiting[level]; left !== undefined; left = waiting[level]) {
      node = this.profile.join(left, node);
      waiting[level] = undefined;
      level += 1;
    }
    waiting[level] = node;
    this.leaves += 1;
  }

  /**
   * Root over the leaves so far; more may follow.
   *
   * @throws MerkleError `empty-tree`, or `equal-siblings` under `event-batch-v1`
   */
  root(): Uint8Array {
    const top = this.waiting.length - 1;
    let carried: Uint8Array | undefined;
    for (const [level, left] of this.waiting.entries()) {
      if (carried !== undefined)
        carried = left === undefined ? this.profile.alone(carried) : this.profile.join(left, carried);
      else if (left !== undefined) carried = level === top ? left : this.profile.alone(left);
    }
    if (carried === undefined) throw new MerkleError('empty-tree', 'A batch has at least one leaf.');
    return carried;
  }
}

/** Accumulator of the profile `rfc9162-sha256` over leaf *hashes*; the last hash of an odd level moves up unchanged. */
export function rfc9162Root(): RootAccumulator {
  return new RootAccumulator({ join: nodeHash, alone: (hash) => hash });
}

/**
 * Accumulator of the profile `event-batch-v1`: the last hash of an odd level is paired with itself, and equal hashes at
 * positions 2i and 2i + 1 of any level are refused (CVE-2012-2459).
 */
export function eventBatchRoot(): RootAccumulator {
  return new RootAccumulator({
    join: (left, right) => {
      if (equalHashes(left, right))
        throw new MerkleError('equal-siblings', 'Two neighbouring hashes of a level are equal.');
      return eventNodeHash(left, right);
    },
    alone: (hash) => eventNodeHash(hash, hash),
  });
}
