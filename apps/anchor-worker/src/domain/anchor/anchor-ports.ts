import type { EvmAnchorProof } from '@touchstone/chain-proofs';
import type { Attempt, BlockReference, FinalAnchor, OpenAnchor } from './anchor.js';

/** The newest and the newest finalized block. */
export interface ChainHead {
  readonly latest: bigint;
  readonly finalized: bigint;
}

/** A transaction that a block holds. */
export interface Receipt {
  readonly block: BlockReference;
  readonly succeeded: boolean;
  readonly gasUsed: bigint;
}

/**
 * How a chain node took a transaction: `accepted` (also when it knew it), `nonce-consumed` when another transaction
 * with this nonce is in the chain, `underpriced` when one with this nonce waits for a better price.
 */
export type SendOutcome = 'accepted' | 'nonce-consumed' | 'underpriced';

/** A verified proof that the registry holds the commitment, at the end of one block. */
export interface ChainProof {
  /** The block whose header the proof is under. */
  readonly block: BlockReference;
  readonly proof: EvmAnchorProof;
  /** Block and time of the first write. */
  readonly recordedIn: { readonly blockNumber: bigint; readonly timestamp: bigint };
}

/** The chain with its anchor registry. Addresses are `0x` and lower case. Every method throws when no node answers. */
export interface AnchorChain {
  readonly network: string;
  readonly chainId: number;
  readonly contract: string;
  head(): Promise<ChainHead>;
  /** Hash of the block at a height; `undefined` when the chain is shorter. */
  blockHash(number: bigint): Promise<string | undefined>;
  /** Fees in wei: of the newest block, and what a block producer is given on top. */
  fees(): Promise<{ readonly baseFeePerGas: bigint; readonly priorityFeePerGas: bigint }>;
  /** Number of transactions of an address in the chain, which is its next nonce. */
  transactionCount(address: string): Promise<number>;
  /** Call data of the registry's `anchor`. */
  anchorData(commitment: Uint8Array, size: bigint): string;
  estimateGas(from: string, data: string): Promise<bigint>;
  send(raw: string): Promise<SendOutcome>;
  receipt(hash: string): Promise<Receipt | undefined>;
  /** True when the node has the transaction, mined or waiting. */
  knows(hash: string): Promise<boolean>;
  /** True when the registry holds the commitment of the submitter in the newest block. */
  isRecorded(submitter: string, commitment: Uint8Array): Promise<boolean>;
  /** @throws ProofRefusal when the node gives no proof at that block, or one that does not verify */
  prove(blockNumber: bigint, submitter: string, commitment: Uint8Array): Promise<ChainProof>;
}

/** A transaction that the signer is asked for. */
export interface UnsignedTransaction {
  readonly chainId: number;
  readonly nonce: number;
  readonly to: string;
  readonly data: string;
  readonly gas: bigint;
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
}

/** Signs with the anchor key, which only the signer holds. */
export interface TransactionSigner {
  /** Address of the anchor key. */
  address(): Promise<string>;
  sign(transaction: UnsignedTransaction): Promise<{ readonly raw: string; readonly hash: string }>;
}

/** The newest checkpoint that no anchor covers. */
export interface AnchorableCheckpoint {
  readonly size: bigint;
  readonly note: string;
}

/** What happened on a network before. */
export interface AnchorHistory {
  /** When the newest anchor was made; `undefined` for none. */
  readonly lastCreatedAtMs: number | undefined;
  /** Anchors that failed since the last one that did not. */
  readonly failuresInRow: number;
}

/** A new anchor with its first attempt. */
export interface AnchorDraft {
  readonly anchorId: string;
  readonly checkpointSize: bigint;
  readonly commitment: Uint8Array;
  readonly submitter: string;
  readonly contract: string;
  readonly attempt: Attempt;
  readonly createdAtMs: number;
}

/**
 * Keeps anchors. Each change is one transaction and says what it expects; `false` means that somebody else was
 * faster, and nothing happened.
 */
export interface AnchorStore {
  anchorable(): Promise<AnchorableCheckpoint | undefined>;
  history(): Promise<AnchorHistory>;
  /** Anchors that have not ended, in order of their nonces. */
  open(): Promise<readonly OpenAnchor[]>;
  /** The next nonce that is not given away; `undefined` for an address that never sent. */
  nextNonce(submitter: string): Promise<number | undefined>;
  /** Takes the nonce and stores the anchor as `prepared`. */
  prepare(draft: AnchorDraft): Promise<boolean>;
  /** Stores a further attempt and makes the anchor `prepared`; takes its nonce when it is a new one. */
  replace(anchor: OpenAnchor, attempt: Attempt): Promise<boolean>;
  markSent(anchor: OpenAnchor, atBlock: bigint): Promise<boolean>;
  markIncluded(anchor: OpenAnchor, hash: string, receipt: Receipt): Promise<boolean>;
  markOrphaned(anchor: OpenAnchor): Promise<boolean>;
  markFailed(anchor: OpenAnchor, reason: string): Promise<boolean>;
  /** Stores the proof, the event, and the transaction of every batch that the checkpoint covers first. */
  finish(anchor: OpenAnchor, final: FinalAnchor): Promise<boolean>;
}
