import { AppError, type AnchorKind } from '@touchstone/contracts';
import { anchoredCommitment } from '@touchstone/evidence';
import type { AroundWork } from '../pipeline/around-work.js';
import type { AnchorableCheckpoint } from './anchorable.js';
import { AnchorRefusal } from './anchor-refusal.js';
import type { AnchorTarget } from './anchor-target.js';
import {
  mayAnchor,
  withinBudget,
  type AnchorDecision,
  type AnchorHistory,
  type AnchorPolicy,
} from './policy.js';
import { TargetHealth } from './target-health.js';
import type { RefusedAnchor, Standing, TargetStore } from './target-store.js';

/** Milliseconds between two looks for failed anchors that are too old or too many. */
export const FAILED_ANCHORS_SWEEP_MS = 3_600_000;
/** Milliseconds after which a target whose open anchors use up the budget looks again. */
export const BUDGET_LOOK_MS = 60_000;

/** What a target of any kind needs beside its ports. */
export interface PolicedOptions extends AnchorPolicy {
  readonly nowMs: () => number;
  readonly newId: () => string;
  readonly around: AroundWork;
  /** A number from 0 to 1 that spreads the pauses after failures. */
  readonly random?: () => number;
}

/** What became of the open anchors of a target in one run. */
export interface Advanced {
  /** Whether an anchor waits, so that none may be made behind it. */
  readonly isWaiting: boolean;
  /** Milliseconds after which to look again; `undefined` when nothing is open. */
  readonly pollMs: number | undefined;
  /** Why some could not be moved; the first is thrown when all had their turn. */
  readonly failures: readonly unknown[];
}

/** A new anchor that is known to be possible, and priced. */
export interface PlannedAnchor {
  /** What it may cost at worst, in the unit of the target. */
  readonly costMax: bigint;
  /** @throws AnchorRefusal when it was refused, and nothing of it is stored */
  make(): Promise<void>;
}

/** A checkpoint with what is anchored of it. */
export interface CheckpointToAnchor {
  readonly size: bigint;
  /** 32 bytes. */
  readonly commitment: Uint8Array;
}

/** What became of the wish for an anchor. */
type Tried =
  | { readonly kind: 'made' }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'not-now'; readonly waitMs: number; readonly reason: string };

/**
 * What targets of all kinds do alike: keep to the policy and the budget, count refusals durably, and say what is wrong. A kind moves its
 * open anchors and makes new ones.
 */
export abstract class PolicedTarget implements AnchorTarget {
  abstract readonly kind: AnchorKind;
  abstract get network(): string;
  private readonly health: TargetHealth;
  private jitter = { failuresInRow: 0, value: 0 };
  private sweptAtMs = -Infinity;

  protected constructor(
    private readonly anchors: TargetStore,
    protected readonly policed: PolicedOptions,
    /** The unit of costs, and what an open anchor counts as of which nothing is known. */
    private readonly costs: { readonly unit: string; readonly unknownMax: bigint },
  ) {
    this.health = new TargetHealth(costs.unit, policed.nowMs);
  }

  get trouble(): string | undefined {
    return this.health.trouble ?? this.ownTrouble;
  }

  /** Trouble that only this kind knows. */
  protected abstract get ownTrouble(): string | undefined;
  /** Moves every open anchor a step. An anchor that cannot be moved now does not keep the others waiting. */
  protected abstract advance(): Promise<Advanced>;
  /** @throws AnchorRefusal when the anchor would be refused */
  protected abstract plan(checkpoint: CheckpointToAnchor): Promise<PlannedAnchor>;
  /** Stores a refusal as failed anchor. */
  protected abstract refused(anchor: RefusedAnchor): Promise<void>;

  async run(): Promise<number | undefined> {
    try {
      const waitMs = await this.step();
      this.health.runSucceeded();
      return waitMs;
    } catch (error) {
      this.health.runFailed(error);
      throw error;
    }
  }

  standing(checkpointSize: bigint): Promise<Standing> {
    return this.anchors.standing(checkpointSize);
  }

  async lastFailure(): Promise<string | undefined> {
    return (await this.anchors.history(this.costs.unknownMax)).lastFailure;
  }

  async tryNow(): Promise<string | undefined> {
    const { isWaiting } = await this.advance();
    const checkpoint = isWaiting ? undefined : await this.anchors.anchorable();
    if (checkpoint === undefined) return undefined;
    const history = await this.anchors.history(this.costs.unknownMax);
    const outcome = await this.make(checkpoint, history, (costMax) =>
      withinBudget(history, this.policed, costMax),
    );
    return outcome.kind === 'made' ? undefined : outcome.reason;
  }

  private async step(): Promise<number | undefined> {
    await this.sweep();
    const { isWaiting, pollMs, failures } = await this.advance();
    const nextMs = isWaiting ? undefined : await this.anchorNext();
    if (failures.length > 0) throw failures[0];
    if (nextMs === 0) return 0;
    const waits = [pollMs, nextMs].filter((waitMs) => waitMs !== undefined);
    return waits.length === 0 ? undefined : Math.min(...waits);
  }

  /** @returns 0 when an anchor was tried, the milliseconds to its time, `undefined` when there is nothing to anchor */
  private async anchorNext(): Promise<number | undefined> {
    const checkpoint = await this.anchors.anchorable();
    if (checkpoint === undefined) {
      this.health.idle();
      return undefined;
    }
    const { nowMs } = this.policed;
    const history = await this.anchors.history(this.costs.unknownMax);
    const jitter = this.jitterFor(history);
    const outcome = await this.make(checkpoint, history, (costMax) =>
      mayAnchor(history, this.policed, { nowMs: nowMs(), jitter, costMax }),
    );
    return outcome.kind === 'not-now' ? outcome.waitMs : 0;
  }

  private async make(
    { size, note }: AnchorableCheckpoint,
    history: AnchorHistory,
    decide: (costMax: bigint) => AnchorDecision,
  ): Promise<Tried> {
    // What is not allowed at any price is not priced.
    const refusal = this.judge(decide(0n), history);
    if (refusal !== undefined) return refusal;
    const commitment = anchoredCommitment(note);
    if (commitment === undefined)
      throw new AppError('internal', `The stored checkpoint of size ${size} has no commitment.`);
    try {
      const planned = await this.plan({ size, commitment });
      const tooDear = this.judge(decide(planned.costMax), history);
      if (tooDear !== undefined) return tooDear;
      await planned.make();
      return { kind: 'made' };
    } catch (error) {
      if (!(error instanceof AnchorRefusal)) throw error;
      const { reason, cost } = error;
      const { newId, nowMs } = this.policed;
      const anchor = {
        anchorId: newId(),
        checkpointSize: size,
        commitment,
        reason,
        cost,
        createdAtMs: nowMs(),
      };
      await this.refused(anchor);
      return { kind: 'refused', reason };
    }
  }

  /** Says what a decision means for the target; `undefined` where an anchor may be made. */
  private judge(decision: AnchorDecision, history: AnchorHistory): Tried | undefined {
    const obstacle = this.health.decided(history, decision.kind === 'spent' ? decision : undefined);
    if (decision.kind === 'now') return undefined;
    const reason = decision.kind === 'spent' ? (obstacle ?? '') : decision.reason;
    return { kind: 'not-now', waitMs: decision.waitMs ?? BUDGET_LOOK_MS, reason };
  }

  /** One for each pause: a new one at every look would end each pause at the smallest. */
  private jitterFor({ failuresInRow }: AnchorHistory): number {
    if (this.jitter.failuresInRow !== failuresInRow)
      this.jitter = { failuresInRow, value: (this.policed.random ?? Math.random)() };
    return this.jitter.value;
  }

  private async sweep(): Promise<void> {
    const nowMs = this.policed.nowMs();
    if (nowMs - this.sweptAtMs < FAILED_ANCHORS_SWEEP_MS) return;
    await this.anchors.dropFailed();
    this.sweptAtMs = nowMs;
  }
}
