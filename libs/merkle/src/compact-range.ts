import type { LogNode } from './log-nodes.js';
import { foldRight } from './log-proofs.js';
import { MerkleError } from './merkle-error.js';
import { checkHash, emptyRoot, nodeHash } from './tree-hash.js';
import { TREE_SIZE_MAX } from './tree-shape.js';

/**
 * The frontier of a growing log: the hashes of the complete subtrees that make up its leaves, at most 64 of them.
 * With it a log appends and computes its root without reading any older node.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict';
 * import { CompactRange, leafHashOfText, merkleRoot, rangeNodes } from '@touchstone/merkle';
 *
 * const store = new Map<string, Uint8Array>();
 * const range = CompactRange.empty();
 * for (const entry of ['a', 'b', 'c']) {
 *   for (const { level, index, hash } of range.append(leafHashOfText(entry)))
 *     store.set(`${level}/${index}`, hash);
 * }
 *
 * const frontier = rangeNodes(0n, 3n).map(
 *   ({ level, index }) => store.get(`${level}/${index}`) as Uint8Array,
 * );
 * const restored = CompactRange.restore(3n, frontier);
 * restored.append(leafHashOfText('d'));
 * assert.deepEqual(restored.root(), merkleRoot(['a', 'b', 'c', 'd'].map(leafHashOfText)));
 * ```
 */
export class CompactRange {
  private constructor(
    private leaves: bigint,
    private readonly frontier: Uint8Array[],
  ) {}

  /** The frontier of a log without leaves. */
  static empty(): CompactRange {
    return new CompactRange(0n, []);
  }

  /**
   * Restores a frontier from a store.
   *
   * @param size number of leaves
   * @param hashes hashes of `rangeNodes(0n, size)`, in that order
   * @throws MerkleError `tree-size-out-of-range`, `path-length` when their number is wrong, `hash-length`
   */
  static restore(size: bigint, hashes: readonly Uint8Array[]): CompactRange {
    if (size < 0n || size > TREE_SIZE_MAX) {
      throw new MerkleError('tree-size-out-of-range', `A log cannot have ${size} leaves.`);
    }
    const expected = size.toString(2).replaceAll('0', '').length;
    if (hashes.length !== expected) {
      throw new MerkleError(
        'path-length',
        `A log of ${size} leaves has ${expected} frontier nodes, not ${hashes.length}.`,
      );
    }
    hashes.forEach(checkHash);
    return new CompactRange(size, [...hashes]);
  }

  /** Number of leaves. */
  get size(): bigint {
    return this.leaves;
  }

  /**
   * Appends one leaf and returns the nodes that are complete now and have to be stored: the leaf, and every subtree
   * that it completes. Fewer than two nodes per leaf on average.
   *
   * @param hash leaf hash, 32 bytes
   * @throws MerkleError `hash-length`, or `tree-size-out-of-range` when the log is full
   */
  append(hash: Uint8Array): LogNode[] {
    checkHash(hash);
    if (this.leaves === TREE_SIZE_MAX) {
      throw new MerkleError(
        'tree-size-out-of-range',
        `The log has ${TREE_SIZE_MAX} leaves, the most it can have.`,
      );
    }
    let node: LogNode = { level: 0, index: this.leaves, hash };
    const completed = [node];
    while ((node.index & 1n) === 1n) {
      // An odd index means that the left sibling is the last node of the frontier.
      const left = this.frontier.pop() as Uint8Array;
      node = { level: node.level + 1, index: node.index >> 1n, hash: nodeHash(left, node.hash) };
      completed.push(node);
    }
    this.frontier.push(node.hash);
    this.leaves += 1n;
    return completed;
  }

  /** Root of the tree over all leaves so far; of none it is SHA-256 of nothing. */
  root(): Uint8Array {
    return this.leaves === 0n ? emptyRoot() : foldRight(this.frontier);
  }
}
