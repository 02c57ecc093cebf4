import { AppError } from '@touchstone/contracts';
import { anchoredCommitment } from '@touchstone/evidence';
import type { AroundWork } from '../pipeline/around-work.js';
import type { OpenAnchor } from './anchor.js';
import type {
  AnchorableCheckpoint,
  AnchorChain,
  AnchorStore,
  ChainHead,
  TransactionSigner,
} from './anchor-ports.js';
import type { Attempts } from './attempts.js';
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
  readonly nowMs: () => number;
  readonly newId: () => string;
  readonly around: AroundWork;
}

/** The ports of {@link Anchoring}. */
export interface AnchoringParts {
  readonly chain: AnchorChain;
  readonly store: AnchorStore;
  readonly signer: TransactionSigner;
  readonly attempts: Attempts;
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
    const { chain, store } = this.parts;
    const open = await store.open();
    const failures = open.length > 0 ? await this.advance(open, await chain.head()) : [];
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

  private async advance(open: readonly OpenAnchor[], head: ChainHead): Promise<unknown[]> {
    const { progress, proofs } = this.parts;
    const included = open.filter(({ state }) => state === 'included');
    const doubtful = (await this.isForked(included)) ? included : await proofs.due(included, head);
    // An orphan found just now is sent in the next run: its row has changed.
    const rest = open.filter(({ state }) => state !== 'included');
    const failures: unknown[] = [];
    for (const anchor of [...doubtful, ...rest])
      await this.options
        .around('advance anchor', () => progress.advance(anchor, head))
        .catch((error: unknown) => failures.push(error));
    return failures;
  }

  /** Blocks are chained: while the highest one that holds an anchor stands, so do those below. */
  private async isForked(included: readonly OpenAnchor[]): Promise<boolean> {
    const numbers = included.map(({ block }) => block?.number ?? 0n);
    const highest = included[numbers.indexOf(numbers.reduce((most, n) => (n > most ? n : most), 0n))];
    return highest !== undefined && (await this.parts.progress.isOrphaned(highest));
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
    const { chain, store, signer, attempts } = this.parts;
    const commitment = anchoredCommitment(note);
    if (commitment === undefined)
      throw new AppError('internal', `The stored checkpoint of size ${size} has no commitment.`);
    const submitter = await signer.address();
    const attempt = await attempts.fresh(submitter, commitment, size);
    await store.prepare({
      anchorId: this.options.newId(),
      checkpointSize: size,
      commitment,
      submitter,
      contract: chain.contract,
      attempt,
      createdAtMs: this.options.nowMs(),
    });
  }
}
