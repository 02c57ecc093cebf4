import type { EvmAnchorProof } from '@touchstone/chain-proofs';
import type { BlockReference } from '@touchstone/evm';

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
