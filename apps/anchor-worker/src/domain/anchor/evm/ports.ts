import type { EvmAnchorProof } from '@touchstone/chain-proofs';
import type { BlockReference, ChainHead, Intent, LaneTransaction, Placement } from '@touchstone/evm';
import type { RefusedAnchor, TargetStore } from '../target-store.js';
import type { FinalAnchor, OpenAnchor } from './anchor.js';

/** A verified proof that the registry holds the commitment, at the end of one block. */
export interface ChainProof {
  /** The block whose header the proof is under. */
  readonly block: BlockReference;
  readonly proof: EvmAnchorProof;
  /** Block and time of the first write. */
  readonly recordedIn: { readonly blockNumber: bigint; readonly timestamp: bigint };
}

/** Where the chain stands. */
export interface AnchorHead extends ChainHead {
  /** The newest block that is not expected to be dropped; at least the newest final one. */
  readonly safe: bigint;
}

/** The chain with its anchor registry. Addresses are `0x` and lower case. Every method throws when no node answers. */
export interface AnchorChain {
  readonly network: string;
  readonly contract: string;
  head(): Promise<AnchorHead>;
  /** Hash of the block at a height; `undefined` when the node has none there. */
  blockHash(number: bigint): Promise<string | undefined>;
  /** Call data of the registry's `anchor`. */
  anchorData(commitment: Uint8Array, size: bigint): string;
  /** @throws AnchorRefusal when the chain would revert it */
  estimateGas(from: string, data: string): Promise<bigint>;
  /**
   * What a transaction in a block cost in wei, all its fees together.
   *
   * @param feePerGasMax what its bytes pay per gas at most, whatever the node says
   * @throws AppError `dependency-unavailable` when the node has no receipt of it
   */
  costOf(hash: string, feePerGasMax: bigint): Promise<bigint>;
  /** @throws ProofRefusal when the node gives no proof at that block, or one that does not verify */
  prove(blockNumber: bigint, submitter: string, commitment: Uint8Array): Promise<ChainProof>;
}

/** Sends the transactions of anchors; the id of an anchor is the subject of its transaction. */
export interface AnchorLane {
  /** Stores anchor and signed bytes together. @throws AppError `conflict` when somebody else was faster */
  prepare(intent: Intent<AnchorDraft>): Promise<LaneTransaction>;
  /** Moves every transaction that is not final a step; returns why some could not be looked at. */
  run(): Promise<readonly unknown[]>;
  ofSubjects(anchorIds: readonly string[]): Promise<ReadonlyMap<string, LaneTransaction>>;
}

/** A new anchor. */
export interface AnchorDraft {
  readonly checkpointSize: bigint;
  readonly commitment: Uint8Array;
  readonly contract: string;
  /** Wei that it may cost at worst. */
  readonly costMax: bigint;
  readonly createdAtMs: number;
}

/** A refusal by a chain. */
export interface RefusedEvmAnchor extends RefusedAnchor {
  readonly contract: string;
  readonly submitter: string;
}

/**
 * Keeps anchors. Each change is one transaction and says what it expects; `false` means that somebody else was
 * faster, and nothing happened.
 */
export interface AnchorStore extends TargetStore {
  /** Anchors that have not ended, the oldest first. */
  open(): Promise<readonly OpenAnchor[]>;
  markSent(anchor: OpenAnchor): Promise<boolean>;
  /** @param cost wei of this placement, added to what the anchor cost before */
  markIncluded(anchor: OpenAnchor, placement: Placement, cost: bigint): Promise<boolean>;
  /** The block of an included anchor is not expected to be dropped any more. */
  markSafe(anchor: OpenAnchor): Promise<boolean>;
  markOrphaned(anchor: OpenAnchor): Promise<boolean>;
  /**
   * Stores the failure, and the event about it when it is one too many.
   *
   * @param cost wei, added to what the anchor cost before; `undefined` when it is not known
   */
  markFailed(anchor: OpenAnchor, reason: string, cost: bigint | undefined): Promise<boolean>;
  /** Stores an anchor that failed before it was signed, as {@link markFailed} does. */
  refuse(anchor: RefusedEvmAnchor): Promise<void>;
  /** Stores the proof, the event, and the transaction of every batch that the checkpoint covers first. */
  finish(anchor: OpenAnchor, final: FinalAnchor): Promise<boolean>;
}
