import type { EvmAnchorProof } from '@touchstone/chain-proofs';
import type { AnchorState } from '@touchstone/contracts';
import type { BlockReference } from '@touchstone/evm';

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
  /** That block is not expected to be dropped any more. */
  readonly isSafe: boolean;
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
