import type { BatchEntry } from '@touchstone/evidence';
import {
  leafHash,
  verifyEventBatchPath,
  verifyPositionedPath,
  type MerkleVerification,
  type PositionedHash,
} from '@touchstone/merkle';
import { eventBatchProfile } from './event-batch-stored-tree.js';
import { rfc9162Profile } from './rfc9162-stored-tree.js';

/** The tree of a batch, as its log entry states it (protocol section 4). */
export type TreeProfile = BatchEntry['treeProfile'];

/** The nodes of a batch as one piece of bytes, from which any path is cut without hashing a leaf again. */
export interface StoredTree {
  readonly root: Uint8Array;
  /** All nodes of level 0, then all of level 1, and so on, 32 bytes each. */
  readonly nodes: Uint8Array;
}

/** Where the nodes of a path stand in {@link StoredTree.nodes}, and how to make the path of them. */
export interface PathPlan {
  /** In bytes. */
  readonly offsets: readonly number[];
  fold(hashes: readonly Uint8Array[]): PositionedHash[];
}

/** How trees of one profile are stored and read. */
export interface StoredProfile {
  /** Builds the tree of a batch ahead of any question (R-PROOF-2), of the hashes of at least one leaf. */
  readonly store: (leafHashes: readonly Uint8Array[]) => StoredTree;
  readonly path: (leafIndex: number, leafCount: number) => PathPlan;
  /** The hash of a leaf in the tree. */
  readonly hash: (leaf: Uint8Array) => Uint8Array;
  readonly verify: (path: LeafPath) => MerkleVerification;
}

/** A path from a leaf to a root, as somebody states it. */
export interface LeafPath {
  /** 32 bytes, before it is hashed for the tree. */
  readonly leaf: Uint8Array;
  readonly leafIndex: number;
  readonly leafCount: number;
  readonly path: readonly PositionedHash[];
  readonly root: Uint8Array;
}

/** A new profile is an entry here. */
export const storedProfiles: Readonly<Record<TreeProfile, StoredProfile>> = {
  'rfc9162-sha256': {
    ...rfc9162Profile,
    hash: leafHash,
    verify: ({ leaf, leafIndex, leafCount, path, root }) =>
      verifyPositionedPath({
        ...{ leafHash: leafHash(leaf), path, root },
        ...{ leafIndex: BigInt(leafIndex), treeSize: BigInt(leafCount) },
      }),
  },
  'event-batch-v1': {
    ...eventBatchProfile,
    hash: (leaf) => leaf,
    verify: ({ leaf, leafIndex, leafCount, path, root }) =>
      verifyEventBatchPath({
        ...{ leafHash: leaf, path, root },
        ...{ leafIndex: BigInt(leafIndex), leafCount: BigInt(leafCount) },
      }),
  },
};
