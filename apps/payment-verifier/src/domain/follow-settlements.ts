import type { Reservation } from './reservation.js';
import type { AuthorizationFate } from './ports.js';

/** Transactions whose block is asked for in one run. */
export const FOLLOW_ROWS_MAX = 200;

/** A block as a transaction's receipt names it. */
export interface BlockReference {
  readonly number: bigint;
  /** `0x` and 64 hex characters. */
  readonly hash: string;
}

/** Where a transaction stands. */
export interface Placement {
  readonly block: BlockReference;
  readonly succeeded: boolean;
}

/** A transaction that stood in a block and whose block is not known (any more). */
export interface UnplacedTransaction {
  readonly hash: string;
  /** The reservation that it settled; `undefined` when it settled none, because it reverted or somebody was faster. */
  readonly settled: Reservation | undefined;
}

/** Transactions that stand in blocks which are not final. */
export interface MinedTransactions {
  /** Blocks that hold some of them, the highest first. */
  blocks(): Promise<readonly BlockReference[]>;
  /** Forgets where the transactions of a block are: the chain dropped it. */
  unplace(block: BlockReference): Promise<void>;
  /** Those without a block, in the order of their nonces. */
  unplaced(limit: number): Promise<readonly UnplacedTransaction[]>;
  place(hash: string, block: BlockReference): Promise<void>;
  /** The transaction stands in no block; recovery sends it again. */
  reopen(hash: string): Promise<void>;
  /** Blocks up to this one are final: their transactions are followed no longer. */
  finish(upTo: bigint): Promise<void>;
}

/** The chain. Every method throws AppError `dependency-unavailable` when the node does not answer in time. */
export interface FollowedChain {
  /** Undefined while the transaction stands in no block. */
  placementOf(transaction: string): Promise<Placement | undefined>;
  /** Undefined for a block that the chain does not have. */
  blockHash(number: bigint): Promise<string | undefined>;
  /** The newest block that no reorganisation drops any more. */
  finalBlock(): Promise<bigint>;
  fateOf(reservation: Reservation): Promise<AuthorizationFate>;
}

/** What {@link FollowSettlements} uses. */
export interface FollowParts {
  readonly mined: MinedTransactions;
  readonly chain: FollowedChain;
  /** Told when the chain dropped a settlement, which is sent again. */
  readonly onReorganised: (transaction: string) => void;
  /** Told when a settlement that was answered can no longer be made: the payer got an answer and kept the money. */
  readonly onUndone: (reservation: Reservation) => void;
}

/**
 * Follows settlements until their block is final. A payment counts after few confirmations, so the chain may still
 * drop its block; then the same signed bytes are sent again. The answer that was given for it stays given. Blocks are
 * chained: while the highest one that holds a settlement stands, so do those below, so that a run costs one question
 * to the node however many settlements wait to become final.
 */
export class FollowSettlements {
  constructor(private readonly parts: FollowParts) {}

  /** One run. @throws AppError `dependency-unavailable` */
  async run(): Promise<void> {
    const { mined, chain } = this.parts;
    for (const block of await mined.blocks()) {
      if ((await chain.blockHash(block.number)) === block.hash) break;
      await mined.unplace(block);
    }
    for (const transaction of await mined.unplaced(FOLLOW_ROWS_MAX)) await this.locate(transaction);
    await mined.finish(await chain.finalBlock());
  }

  private async locate({ hash, settled }: UnplacedTransaction): Promise<void> {
    const { mined, chain, onReorganised, onUndone } = this.parts;
    const placement = await chain.placementOf(hash);
    if (placement === undefined) {
      await mined.reopen(hash);
      onReorganised(hash);
      return;
    }
    // Sent again after a reorganisation it may find the purse empty; somebody else may also have sent the transfer.
    if (!placement.succeeded && settled !== undefined) {
      const fate = await chain.fateOf(settled);
      if (fate.kind !== 'paid') onUndone(settled);
    }
    await mined.place(hash, placement.block);
  }
}
