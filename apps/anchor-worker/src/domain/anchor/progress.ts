import { currentAttempt, type OpenAnchor } from './anchor.js';
import type { AnchorChain, AnchorStore, ChainHead, ChainProof, Receipt } from './anchor-ports.js';
import type { Attempts } from './attempts.js';
import type { ProofTaking } from './proving.js';

/** What {@link AnchorProgress} needs beside its ports. */
export interface ProgressOptions {
  /** Blocks that a transaction may wait before it is replaced by one with higher fees. */
  readonly stuckBlocks: bigint;
  readonly nowMs: () => number;
  readonly onEvent: (event: AnchorEvent) => void;
}

/** What happened to an anchor; each has a figure. */
export type AnchorEvent =
  | { readonly kind: 'included'; readonly gasUsed: bigint }
  | { readonly kind: 'final'; readonly checkpointSize: bigint }
  | { readonly kind: 'orphaned' | 'failed' | 'rebroadcast' | 'replaced' | 'renewed' };

/**
 * Moves one anchor a step at a time. Every doubt is settled by asking the chain for a stored hash, and every step may
 * be repeated after a crash: the registry keeps the first write, so a transaction too many costs gas and no truth.
 */
export class AnchorProgress {
  constructor(
    private readonly chain: AnchorChain,
    private readonly store: AnchorStore,
    private readonly attempts: Attempts,
    private readonly proofs: ProofTaking,
    private readonly options: ProgressOptions,
  ) {}

  async advance(anchor: OpenAnchor, head: ChainHead): Promise<void> {
    if (anchor.state === 'included') return this.finishOrFollow(anchor, head);
    const mined = await this.findReceipt(anchor);
    if (mined !== undefined) return this.include(anchor, mined.hash, mined.receipt);
    if (anchor.state === 'sent') return this.wait(anchor, head);
    // Prepared bytes may have been sent before a crash; an orphan's may wait in the pool: the same bytes do no harm.
    return this.broadcast(anchor, head);
  }

  /** True when the block that held the anchor is no longer in the chain. */
  async isOrphaned(anchor: OpenAnchor): Promise<boolean> {
    if (anchor.block === undefined) return false;
    return (await this.chain.blockHash(anchor.block.number)) !== anchor.block.hash;
  }

  private async findReceipt(anchor: OpenAnchor): Promise<{ hash: string; receipt: Receipt } | undefined> {
    for (const { hash } of [...anchor.attempts].reverse()) {
      const receipt = await this.chain.receipt(hash);
      if (receipt !== undefined) return { hash, receipt };
    }
    return undefined;
  }

  private async include(anchor: OpenAnchor, hash: string, receipt: Receipt): Promise<void> {
    if (!receipt.succeeded) {
      const reason = `The chain reverted transaction ${hash} in block ${receipt.block.number}.`;
      if (await this.store.markFailed(anchor, reason)) this.options.onEvent({ kind: 'failed' });
      return;
    }
    if (!(await this.store.markIncluded(anchor, hash, receipt))) return;
    this.options.onEvent({ kind: 'included', gasUsed: receipt.gasUsed });
    await this.proofs.takeAnew({ ...anchor, block: receipt.block });
  }

  private async broadcast(anchor: OpenAnchor, head: ChainHead): Promise<void> {
    const attempt = currentAttempt(anchor);
    const outcome = await this.chain.send(attempt.raw);
    if (outcome === 'nonce-consumed') return this.renewUnlessRecorded(anchor);
    if (outcome === 'underpriced') return this.replace(anchor);
    await this.store.markSent(anchor, attempt.sentAtBlock ?? head.latest);
  }

  private async wait(anchor: OpenAnchor, head: ChainHead): Promise<void> {
    const attempt = currentAttempt(anchor);
    if ((await this.chain.transactionCount(anchor.submitter)) > attempt.nonce)
      return this.renewUnlessRecorded(anchor);
    if (!(await this.chain.knows(attempt.hash))) {
      this.options.onEvent({ kind: 'rebroadcast' });
      return this.broadcast(anchor, head);
    }
    if (head.latest - (attempt.sentAtBlock ?? head.latest) >= this.options.stuckBlocks)
      return this.replace(anchor);
  }

  /**
   * Another transaction has the nonce. When the registry holds the commitment already it was one of ours, and its
   * receipt, which a lagging node does not show yet, is asked for again later.
   */
  private async renewUnlessRecorded(anchor: OpenAnchor): Promise<void> {
    const { submitter, commitment, checkpointSize } = anchor;
    const mined = await this.findReceipt(anchor);
    if (mined !== undefined) return this.include(anchor, mined.hash, mined.receipt);
    if (anchor.state === 'sent' && (await this.chain.isRecorded(submitter, commitment))) {
      const waited = (await this.chain.head()).latest - (currentAttempt(anchor).sentAtBlock ?? 0n);
      if (waited < this.options.stuckBlocks) return;
    }
    const attempt = await this.attempts.fresh(submitter, commitment, checkpointSize);
    if (await this.store.replace(anchor, attempt)) this.options.onEvent({ kind: 'renewed' });
  }

  private async replace(anchor: OpenAnchor): Promise<void> {
    const attempt = await this.attempts.replacement(anchor);
    if (attempt === undefined) return;
    if (await this.store.replace(anchor, attempt)) this.options.onEvent({ kind: 'replaced' });
  }

  private async finishOrFollow(anchor: OpenAnchor, head: ChainHead): Promise<void> {
    const mined = await this.findReceipt(anchor);
    if (mined === undefined) {
      if (await this.store.markOrphaned(anchor)) this.options.onEvent({ kind: 'orphaned' });
      return this.proofs.drop(anchor);
    }
    const { hash, receipt } = mined;
    const moved = receipt.block.hash !== anchor.block?.hash;
    if (moved || !receipt.succeeded) return this.include(anchor, hash, receipt);
    if (receipt.block.number > head.finalized) return this.proofs.takeUnlessKept(anchor);
    const proven = await this.proofs.final(anchor, head.finalized);
    if (proven !== undefined) await this.finish(anchor, hash, proven);
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
