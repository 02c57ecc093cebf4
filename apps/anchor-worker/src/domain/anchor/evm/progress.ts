import { newestAttempt, type LaneTransaction, type Placement } from '@touchstone/evm';
import type { AnchorEvent } from '../anchor-event.js';
import type { OpenAnchor } from './anchor.js';
import type { AnchorChain, AnchorHead, AnchorStore, ChainProof } from './ports.js';
import type { ProofTaking } from './proving.js';

/** What {@link AnchorProgress} needs beside its ports. */
export interface ProgressOptions {
  readonly nowMs: () => number;
  readonly onEvent: (event: AnchorEvent) => void;
}

/**
 * Moves one anchor a step at a time, by what became of its transaction. Every step may be repeated after a crash: the
 * registry keeps the first write, so a transaction too many costs gas and no truth.
 */
export class AnchorProgress {
  constructor(
    private readonly store: AnchorStore,
    private readonly chain: Pick<AnchorChain, 'costOf'>,
    private readonly proofs: ProofTaking,
    private readonly options: ProgressOptions,
  ) {}

  async advance(anchor: OpenAnchor, transaction: LaneTransaction, head: AnchorHead): Promise<void> {
    switch (transaction.state) {
      case 'open':
        return this.follow(anchor, transaction);
      case 'mined':
      case 'final':
        return this.include(anchor, transaction, head);
      case 'abandoned':
        return this.fail(
          anchor,
          `The key of ${transaction.account} was replaced while transaction ${newestAttempt(transaction).hash} waited.`,
        );
      case 'lost':
        // Its call is signed anew in the same step; until then there is nothing to see.
        return;
    }
  }

  private async follow(anchor: OpenAnchor, transaction: LaneTransaction): Promise<void> {
    if (anchor.state === 'included') {
      if (await this.store.markOrphaned(anchor)) this.options.onEvent({ kind: 'orphaned' });
      await this.proofs.drop(anchor);
    } else if (anchor.state !== 'sent' && newestAttempt(transaction).sentAtBlock !== null)
      await this.store.markSent(anchor);
  }

  private async include(anchor: OpenAnchor, transaction: LaneTransaction, head: AnchorHead): Promise<void> {
    const { placement } = transaction;
    if (placement === undefined) return;
    const { block, hash, succeeded, gasUsed } = placement;
    if (!succeeded) {
      const reason = `The chain reverted transaction ${hash} in block ${block.number}.`;
      return this.fail(anchor, reason, await this.costOf(transaction, placement));
    }
    if (anchor.state !== 'included' || anchor.block?.hash !== block.hash) {
      const cost = await this.costOf(transaction, placement);
      if (!(await this.store.markIncluded(anchor, placement, cost))) return;
      this.options.onEvent({ kind: 'included', gasUsed, cost });
      return this.proofs.takeAnew({ ...anchor, block });
    }
    if (block.number > head.finalized) {
      await this.proofs.takeUnlessKept(anchor);
      if (becomesSafe(anchor, head)) await this.store.markSafe(anchor);
      return;
    }
    const proven = await this.proofs.final(anchor, head.finalized);
    if (proven !== undefined) await this.finish(anchor, hash, proven);
  }

  private costOf({ attempts }: LaneTransaction, { hash }: Placement): Promise<bigint> {
    const feesPerGas = attempts.filter((made) => made.hash === hash).map((made) => made.maxFeePerGas);
    return this.chain.costOf(hash, feesPerGas[0] ?? 0n);
  }

  private async fail(anchor: OpenAnchor, reason: string, cost?: bigint): Promise<void> {
    if (!(await this.store.markFailed(anchor, reason, cost))) return;
    this.options.onEvent({ kind: 'failed', ...(cost === undefined ? {} : { cost }) });
    await this.proofs.drop(anchor);
  }

  private async finish(
    anchor: OpenAnchor,
    transaction: string,
    { proof, recordedIn }: ChainProof,
  ): Promise<void> {
    const done = await this.store.finish(anchor, {
      transaction,
      blockNumber: recordedIn.blockNumber,
      blockTime: recordedIn.timestamp,
      proof,
      finalAtMs: this.options.nowMs(),
    });
    if (done) this.options.onEvent({ kind: 'final', checkpointSize: anchor.checkpointSize });
    await this.proofs.drop(anchor);
  }
}

/** Whether the block of an included anchor has become safe since the last look. */
export function becomesSafe({ block, isSafe }: OpenAnchor, { safe }: AnchorHead): boolean {
  return block !== undefined && !isSafe && block.number <= safe;
}
