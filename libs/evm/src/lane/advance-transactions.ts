import { place } from './follow-transactions.js';
import type { ChainHead } from './lane-ports.js';
import { newestAttempt, type LaneTransaction } from './lane-transaction.js';
import type { SignAttempts } from './sign-attempts.js';
import { placementOf, type LaneParts, type RowFailure } from './transaction-lane.js';

/** Open transactions that one run takes up. */
export const ADVANCE_ROWS_MAX = 200;
/** Blocks after which a transaction whose fees are below the base fee gets higher ones. */
export const OUTPRICED_BLOCKS = 2n;

/** What one run found out about the chain. */
interface Look {
  readonly head: ChainHead;
  /** Transactions of an account in the chain. */
  readonly countOf: (account: string) => Promise<number>;
}

/** Moves transactions that stand in no block a step. Every step may be repeated after a crash. */
export class AdvanceTransactions {
  constructor(
    private readonly parts: LaneParts<never>,
    private readonly signing: SignAttempts,
  ) {}

  /** One run. A transaction that cannot be moved now does not keep the others waiting. */
  async run(signedBeforeMs: number, onError: RowFailure): Promise<void> {
    const { store, chain } = this.parts;
    const open = await store.open(signedBeforeMs, ADVANCE_ROWS_MAX);
    if (open.length === 0) return;
    const counts = new Map<string, Promise<number>>();
    const countOf = (account: string): Promise<number> => {
      const count = counts.get(account) ?? chain.transactionCount(account);
      counts.set(account, count);
      return count;
    };
    const look = { head: await chain.head(), countOf };
    for (const transaction of open)
      await this.advance(transaction, look).catch((error: unknown) => onError(error, transaction));
  }

  private async advance(transaction: LaneTransaction, look: Look): Promise<void> {
    const placement = await placementOf(this.parts.chain, transaction);
    if (placement !== undefined) return place(this.parts, transaction, placement);
    const count = await look.countOf(transaction.account);
    if (count > transaction.nonce) return this.usedUp(transaction, look.head);
    if (transaction.usedUpAtBlock !== null) await this.parts.store.markUsedUp(transaction, null);
    if (await this.isPastDraining(transaction)) return this.abandon(transaction);
    return this.wait(transaction, look.head, count === transaction.nonce);
  }

  /**
   * The nonce is used up and no receipt is there. Behind a balancer the two answers may be those of two nodes, and a
   * reorganisation may give the nonce back: only when it is used up deep enough, and no receipt came for as many blocks
   * as a node may lag, none of the bytes can be mined any more.
   */
  private async usedUp(transaction: LaneTransaction, { latest }: ChainHead): Promise<void> {
    const { store, chain, confirmations, stuckBlocks, onEvent } = this.parts;
    if (transaction.usedUpAtBlock === null || transaction.usedUpAtBlock > latest)
      return store.markUsedUp(transaction, latest);
    if (latest - transaction.usedUpAtBlock < stuckBlocks + confirmations - 1n) return;
    const deep = latest - confirmations + 1n;
    if ((await chain.transactionCount(transaction.account, deep)) <= transaction.nonce) return;
    // The count was read after the receipts: look once more before declaring the bytes dead.
    const placement = await placementOf(chain, transaction);
    if (placement !== undefined) return place(this.parts, transaction, placement);
    const renewed = await store.renew(transaction, await this.signing.fresh([transaction.call]));
    onEvent({ kind: renewed === undefined ? 'lost' : 'renewed', transaction });
    if (renewed !== undefined) await this.broadcast(renewed, latest);
  }

  private async wait(transaction: LaneTransaction, { latest }: ChainHead, isNext: boolean): Promise<void> {
    const { chain, onEvent, stuckBlocks } = this.parts;
    const { hash, sentAtBlock, maxFeePerGas } = newestAttempt(transaction);
    if (sentAtBlock === null) return this.broadcast(transaction, latest);
    if (!(await chain.knows(hash))) {
      onEvent({ kind: 'resent', transaction });
      return this.broadcast(transaction, latest);
    }
    const waited = latest - sentAtBlock;
    const { baseFeePerGas } = await chain.feeMarket();
    const isOutpriced = baseFeePerGas > maxFeePerGas && waited >= OUTPRICED_BLOCKS;
    // One that waits behind another is not stuck itself.
    if (isOutpriced || (isNext && waited >= stuckBlocks)) return this.raise(transaction, latest);
    await this.parts.store.markSent(transaction, sentAtBlock);
  }

  private async broadcast(transaction: LaneTransaction, latest: bigint): Promise<void> {
    const { chain, store } = this.parts;
    const { raw, sentAtBlock } = newestAttempt(transaction);
    const outcome = await chain.send(raw);
    if (outcome === 'nonce-used') return store.markUsedUp(transaction, latest);
    if (outcome === 'underpriced') return this.raise(transaction, latest);
    await store.markSent(transaction, sentAtBlock ?? latest);
  }

  /** Same nonce, higher fees; the bytes before stay valid, and whichever is mined settles it. */
  private async raise(transaction: LaneTransaction, latest: bigint): Promise<void> {
    const { store, chain, onEvent } = this.parts;
    const attempt = await this.signing.dearer(transaction);
    if (attempt === undefined) {
      onEvent({ kind: 'capped', transaction });
      // Another node may have it, and at the same price it is all that can be done.
      await chain.send(newestAttempt(transaction).raw);
      return store.markSent(transaction, newestAttempt(transaction).sentAtBlock ?? latest);
    }
    if (!(await store.addAttempt(transaction, attempt))) return;
    onEvent({ kind: 'replaced', transaction });
    const outcome = await chain.send(attempt.raw);
    const dearer = { ...transaction, attempts: [...transaction.attempts, attempt] };
    if (outcome === 'accepted') await store.markSent(dearer, latest);
  }

  private async isPastDraining({ account, signedAtMs }: LaneTransaction): Promise<boolean> {
    const { signer, nowMs, drainMs } = this.parts;
    return nowMs() - signedAtMs >= drainMs && (await signer.account()) !== account;
  }

  private async abandon(transaction: LaneTransaction): Promise<void> {
    if (await this.parts.store.abandon(transaction)) this.parts.onEvent({ kind: 'abandoned', transaction });
  }
}
