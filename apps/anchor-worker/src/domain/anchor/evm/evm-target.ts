import { AppError } from '@touchstone/contracts';
import { anchoredCommitment } from '@touchstone/evidence';
import { gasLimit, type ChainHead, type LaneTransaction } from '@touchstone/evm';
import type { AroundWork } from '../../pipeline/around-work.js';
import type { OpenAnchor } from './anchor.js';
import type { AnchorableCheckpoint } from '../anchorable.js';
import type { AnchorChain, AnchorLane, AnchorStore } from './ports.js';
import type { AnchorTarget } from '../anchor-target.js';
import { spacingLeftMs } from '../spacing.js';
import type { AnchorProgress } from './progress.js';
import type { ProofTaking } from './proving.js';

/** What {@link EvmTarget} needs beside its ports. */
export interface EvmTargetOptions {
  /** Fewest milliseconds between two anchors. */
  readonly spacingMs: number;
  /** Milliseconds between two looks at the chain while an anchor is open. */
  readonly pollMs: number;
  /** Largest gas limit of an anchor. */
  readonly gasMax: bigint;
  readonly nowMs: () => number;
  readonly newId: () => string;
  readonly around: AroundWork;
}

/** The ports of {@link EvmTarget}. */
export interface EvmTargetParts {
  readonly chain: AnchorChain;
  readonly store: AnchorStore;
  readonly lane: AnchorLane;
  /** Address of the key that pays for the next anchor. */
  readonly account: () => Promise<string>;
  readonly progress: AnchorProgress;
  readonly proofs: ProofTaking;
}

/**
 * Anchors checkpoints: one transaction covers every batch since the last. At most one anchor waits for its block at
 * a time, so that a stuck transaction never has others behind it; any number may wait to become final.
 */
export class EvmTarget implements AnchorTarget {
  readonly kind = 'evm';

  constructor(
    private readonly parts: EvmTargetParts,
    private readonly options: EvmTargetOptions,
  ) {}

  get network(): string {
    return this.parts.chain.network;
  }

  /** A node that serves no proofs: no anchor can become final then, however well everything else goes. */
  get trouble(): string | undefined {
    const { refusal } = this.parts.proofs;
    return refusal && `This node cannot serve eth_getProof for anchors: ${refusal}`;
  }

  /**
   * Moves every open anchor a step and makes a new one when it is time. An anchor that cannot be moved now does not
   * keep the others waiting; the first failure is thrown when all had their turn.
   *
   * @returns milliseconds after which to look again, `undefined` when nothing is open
   */
  async run(): Promise<number | undefined> {
    const { store } = this.parts;
    const open = await store.open();
    const failures = open.length > 0 ? await this.advance(open) : [];
    const waiting = (await store.open()).some(({ state }) => state !== 'included');
    const nextMs = waiting ? undefined : await this.anchorNext();
    if (failures.length > 0) throw failures[0];
    if (nextMs === 0) return 0;
    const waits = [
      ...(open.length > 0 || waiting ? [this.options.pollMs] : []),
      ...(nextMs === undefined ? [] : [nextMs]),
    ];
    return waits.length === 0 ? undefined : Math.min(...waits);
  }

  private async advance(open: readonly OpenAnchor[]): Promise<unknown[]> {
    const { chain, lane, progress } = this.parts;
    const failures: unknown[] = [...(await lane.run())];
    const transactions = await lane.ofSubjects(open.map(({ anchorId }) => anchorId));
    const head = await chain.head();
    for (const { anchor, transaction } of await this.due(open, transactions, head))
      await this.options
        .around('advance anchor', () => progress.advance(anchor, transaction, head))
        .catch((error: unknown) => failures.push(error));
    return failures;
  }

  /** Anchors that may move: of those whose place is known only those that have a proof to take or to use. */
  private async due(
    open: readonly OpenAnchor[],
    transactions: ReadonlyMap<string, LaneTransaction>,
    head: ChainHead,
  ): Promise<{ anchor: OpenAnchor; transaction: LaneTransaction }[]> {
    const followed = open.flatMap((anchor) => {
      const transaction = transactions.get(anchor.anchorId);
      if (transaction === undefined) return [];
      const isPlaced =
        anchor.state === 'included' && transaction.placement?.block.hash === anchor.block?.hash;
      return [{ anchor, transaction, isPlaced }];
    });
    const placed = followed.filter(({ isPlaced }) => isPlaced).map(({ anchor }) => anchor);
    const provable = new Set(await this.parts.proofs.due(placed, head));
    return followed.filter(({ anchor, isPlaced }) => !isPlaced || provable.has(anchor));
  }

  /** @returns 0 when an anchor was made, the milliseconds to its time, `undefined` when there is nothing to anchor */
  private async anchorNext(): Promise<number | undefined> {
    const checkpoint = await this.parts.store.anchorable();
    if (checkpoint === undefined) return undefined;
    const { spacingMs, nowMs } = this.options;
    const waitMs = spacingLeftMs(await this.parts.store.history(), spacingMs, nowMs());
    if (waitMs > 0) return waitMs;
    await this.options.around('prepare anchor', () => this.prepare(checkpoint));
    return 0;
  }

  private async prepare({ size, note }: AnchorableCheckpoint): Promise<void> {
    const { chain, lane, account } = this.parts;
    const { nowMs, newId, gasMax } = this.options;
    const commitment = anchoredCommitment(note);
    if (commitment === undefined)
      throw new AppError('internal', `The stored checkpoint of size ${size} has no commitment.`);
    const data = chain.anchorData(commitment, size);
    const gas = gasLimit(await chain.estimateGas(await account(), data), gasMax);
    const intent = {
      subject: newId(),
      call: { to: chain.contract, data, gas },
      details: { checkpointSize: size, commitment, contract: chain.contract, createdAtMs: nowMs() },
    };
    await lane.prepare(intent).catch((error: unknown) => {
      // Another replica anchors this checkpoint; the next look finds its anchor.
      if (!(error instanceof AppError) || error.code !== 'conflict') throw error;
    });
  }
}
