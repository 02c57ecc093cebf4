import type { LaneTransaction, Placement } from './lane-transaction.js';
import { placementOf, type LaneParts, type RowFailure } from './transaction-lane.js';

/** Transactions whose block is asked for in one run. */
export const FOLLOW_ROWS_MAX = 200;
/** Most blocks that one run compares with the chain; deeper reorganisations go on in the next run. */
export const FOLLOW_BLOCKS_MAX = 256;

/**
 * Follows transactions until their block is final. Blocks are chained: while the highest one that holds a transaction
 * stands, so do those below, so that a run costs one question to the node however many transactions wait.
 */
export class FollowTransactions {
  constructor(private readonly parts: LaneParts<never>) {}

  /** One run. @throws AppError `dependency-unavailable` */
  async run(onError: RowFailure): Promise<void> {
    const { store, chain } = this.parts;
    const blocks = await store.blocks(FOLLOW_BLOCKS_MAX);
    // Read before the hashes are compared: what was final then cannot have been dropped between the two.
    const finalized = blocks.length === 0 ? undefined : (await chain.head()).finalized;
    for (const block of blocks) {
      if ((await chain.blockHash(block.number)) === block.hash) break;
      await store.unplace(block);
    }
    for (const transaction of await store.unplaced(FOLLOW_ROWS_MAX))
      await this.locate(transaction).catch(async (error: unknown) => {
        onError(error, transaction);
        await store.touch(transaction);
      });
    if (finalized !== undefined) await store.finish(finalized);
  }

  private async locate(transaction: LaneTransaction): Promise<void> {
    const { store, chain, onEvent } = this.parts;
    const placement = await placementOf(chain, transaction);
    if (placement !== undefined) return place(this.parts, transaction, placement);
    if (await store.reopen(transaction)) onEvent({ kind: 'dropped', transaction });
  }
}

/** Stores where a transaction stands and tells whoever wants to know. */
export async function place(
  { store, onPlacing, onEvent }: LaneParts<never>,
  transaction: LaneTransaction,
  placement: Placement,
): Promise<void> {
  await onPlacing?.(transaction, placement);
  if (await store.place(transaction, placement))
    onEvent({ kind: 'mined', transaction: { ...transaction, state: 'mined', placement } });
}
