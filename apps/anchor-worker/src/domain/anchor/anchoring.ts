import { AppError } from '@touchstone/contracts';
import { anchoredCommitment } from '@touchstone/evidence';
import { gasLimit, type ChainHead, type LaneTransaction } from '@touchstone/evm';
import type { AroundWork } from '../pipeline/around-work.js';
import type { OpenAnchor } from './anchor.js';
import type { AnchorableCheckpoint, AnchorChain, AnchorLane, AnchorStore } from './ports.js';
import type { AnchorProgress } from './progress.js';
import type { ProofTaking } from './proving.js';

/** Milliseconds before a new anchor after one that failed; doubles with each in a row. */
export const FAILED_SPACING_FIRST_MS = 30_000;
/** The longest such pause. */
export const FAILED_SPACING_MAX_MS = 3_600_000;

/** What {@link Anchoring} needs beside its ports. */
export interface AnchoringOptions {
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

/** The ports of {@link Anchoring}. */
export interface AnchoringParts {
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
export class Anchoring {
  constructor(
    private readonly parts: AnchoringParts,
    private readonly options: AnchoringOptions,
  ) {}

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
    const waitMs = await this.spacingLeftMs();
    if (waitMs > 0) return waitMs;
    await this.options.around('prepare anchor', () => this.prepare(checkpoint));
    return 0;
  }

  private async spacingLeftMs(): Promise<number> {
    const { lastCreatedAtMs, failuresInRow } = await this.parts.store.history();
    if (lastCreatedAtMs === undefined) return 0;
    const failedMs =
      failuresInRow === 0
        ? 0
        : Math.min(FAILED_SPACING_FIRST_MS * 2 ** Math.min(failuresInRow - 1, 20), FAILED_SPACING_MAX_MS);
    const elapsedMs = this.options.nowMs() - lastCreatedAtMs;
    // An anchor from the future was made by a wrong clock; waiting for its time would hold up everything until then.
    return elapsedMs < 0 ? 0 : Math.max(this.options.spacingMs, failedMs) - elapsedMs;
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
