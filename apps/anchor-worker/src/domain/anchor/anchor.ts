import type { EvmAnchorProof } from '@touchstone/chain-proofs';

/**
 * Where an anchor stands:
 * - `prepared`: signed and stored, perhaps sent
 * - `sent`: a chain node took it
 * - `included`: it stands in a block
 * - `final`: the block with it is finalized and the proof is stored
 * - `orphaned`: it stood in a block that the chain dropped; it is sent again
 * - `failed`: the chain refused it for good; a later anchor covers the same batches
 */
export const anchorStates = ['prepared', 'sent', 'included', 'final', 'orphaned', 'failed'] as const;
export type AnchorState = (typeof anchorStates)[number];

/** One signed transaction of an anchor; a replacement with higher fees or another nonce is a further attempt. */
export interface Attempt {
  readonly nonce: number;
  /** `0x`-prefixed bytes as they are sent, the same at each resend. */
  readonly raw: string;
  /** `0x`-prefixed transaction hash. */
  readonly hash: string;
  readonly gas: bigint;
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
  /** Number of the newest block when it was first sent; `null` before. */
  readonly sentAtBlock: bigint | null;
}

/** A block that holds a transaction. */
export interface BlockReference {
  readonly number: bigint;
  /** `0x`-prefixed. */
  readonly hash: string;
}

/** An anchor that has not ended. */
export interface OpenAnchor {
  readonly anchorId: string;
  /** Rises with every change, so that two processes cannot both change one state. */
  readonly revision: number;
  readonly state: Exclude<AnchorState, 'final' | 'failed'>;
  readonly checkpointSize: bigint;
  /** 32 bytes. */
  readonly commitment: Uint8Array;
  /** Address that pays, `0x` and lower case. */
  readonly submitter: string;
  /** The newest last; at least one. */
  readonly attempts: readonly Attempt[];
  /** The block of an included anchor. */
  readonly block: BlockReference | undefined;
}

/** What is stored when an anchor is final. */
export interface FinalAnchor {
  readonly transaction: string;
  /** Block of the first write. */
  readonly blockNumber: bigint;
  /** Unix seconds of that block. */
  readonly blockTime: bigint;
  readonly proof: EvmAnchorProof;
  readonly finalAtMs: number;
}

/** The attempt that counts: the newest. */
export function currentAttempt(anchor: OpenAnchor): Attempt {
  return anchor.attempts[anchor.attempts.length - 1] as Attempt;
}
