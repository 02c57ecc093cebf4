import { AppError, type AnchorStuck } from '@touchstone/contracts';
import type { Exclusive } from '../pipeline/exclusive.js';
import { anchorStage } from '../pipeline/pipeline.js';
import type { AnchorTarget } from './anchor-target.js';

/** Milliseconds that one delivery waits for the outcome of its attempt; then it comes again. */
export const STUCK_OUTCOME_WAIT_MS = 10_000;
/** Milliseconds between two looks at it. */
export const STUCK_OUTCOME_LOOK_MS = 250;

/** What {@link StuckAnchors} needs beside its ports. */
export interface StuckAnchorsOptions {
  readonly nowMs: () => number;
  readonly sleep: (durationMs: number) => Promise<unknown>;
}

/**
 * Takes the message that anchors of a network failed time after time: tries once more, past the pause and never past the budget. When
 * that fails too, the message becomes a dead letter with the reason, which a person can replay when the cause is mended. Nothing waits for
 * it: the target goes on by itself, and a later anchor covers the same batches.
 */
export class StuckAnchors {
  constructor(
    private readonly targets: readonly AnchorTarget[],
    private readonly exclusive: Exclusive,
    private readonly options: StuckAnchorsOptions,
  ) {}

  /**
   * Resolves when the checkpoint or a later one is anchored, on the last delivery also when it is on its way.
   *
   * @throws AppError `anchor-stuck` with the reason, which ends the delivery; `evidence-pending` while the outcome is not known;
   * `not-found` when the network is no target here
   */
  async retry({ network, checkpointSize }: AnchorStuck, isLastDelivery: boolean): Promise<void> {
    const target = this.targets.find((one) => one.network === network);
    if (target === undefined)
      throw new AppError('not-found', `Nothing is anchored on ${network} by this service any more.`);
    const size = BigInt(checkpointSize);
    const { nowMs, sleep } = this.options;
    const deadlineMs = nowMs() + STUCK_OUTCOME_WAIT_MS;
    let tried: { readonly reason: string | undefined } | undefined;
    for (;;) {
      const standing = await target.standing(size);
      if (standing === 'anchored') return;
      if (standing === 'none' && tried !== undefined)
        throw new AppError('anchor-stuck', await this.reasonOf(target, tried.reason));
      if (standing === 'none') tried = await this.tryInTurn(target);
      if (tried !== undefined && tried.reason !== undefined) continue;
      if (nowMs() >= deadlineMs) break;
      await sleep(STUCK_OUTCOME_LOOK_MS);
    }
    if (isLastDelivery) {
      if (tried !== undefined || (await target.standing(size)) !== 'none') return;
      throw new AppError('anchor-stuck', `${network}: another process had the turn all the time.`);
    }
    throw new AppError('evidence-pending', `An anchor on ${network} is on its way.`);
  }

  /** @returns `undefined` while another process has the turn */
  private async tryInTurn(target: AnchorTarget): Promise<{ reason: string | undefined } | undefined> {
    return this.exclusive.run(anchorStage(target.network), async () => {
      try {
        return { reason: await target.tryNow() };
      } catch (error) {
        // Whether it was the database is found out by the look that follows.
        return { reason: error instanceof Error ? error.message : String(error) };
      }
    });
  }

  private async reasonOf(target: AnchorTarget, reason: string | undefined): Promise<string> {
    const known = reason ?? (await target.lastFailure()) ?? 'its anchor failed';
    return `${target.network}: ${known}`;
  }
}
