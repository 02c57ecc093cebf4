import type { AnchorTarget } from '../anchor/anchor-target.js';
import { TARGET_BACKOFF_MAX_MS } from '../anchor/target-health.js';
import type { Sealing } from '../batch/sealing.js';
import type { Checkpointing } from '../checkpoint/checkpointing.js';
import type { IntakeListener } from '../leaf/intake.js';
import type { Exclusive } from './exclusive.js';
import { Loop } from '@touchstone/work';

/** Milliseconds after which a stage looks although nobody told it to: leaves of other replicas, missed pokes. */
export const STAGE_POLL_MS = 1_000;
/** Milliseconds after which a stage whose turn another process has looks again. */
export const STAGE_BUSY_MS = 100;

/** The stages of the pipeline, as logs and figures name them. */
export type StageName = 'seal' | 'checkpoint' | 'anchor';

/** The stage of one target, of which one process at a time has the turn. */
export const anchorStage = (network: string): string => `anchor/${network}`;

/** What the pipeline runs; without targets nothing leaves (mode synthetic). */
export interface PipelineParts {
  readonly sealing: Pick<Sealing, 'run' | 'leavesAccepted'>;
  readonly checkpointing: Pick<Checkpointing, 'run'>;
  readonly targets: readonly Pick<AnchorTarget, 'network' | 'run'>[];
  readonly exclusive: Exclusive;
  readonly onStageFailure: (stage: StageName, error: unknown, pauseMs: number, network?: string) => void;
}

/** The stages seal → checkpoint → anchor of one process; each is woken right after the commit of the one before. */
export class Pipeline implements IntakeListener {
  private readonly seal: Loop;
  private readonly checkpoint: Loop;
  /** One for each target, so that none waits for another. */
  private readonly anchors: readonly Loop[];

  constructor(private readonly parts: PipelineParts) {
    const { sealing, checkpointing, targets } = parts;
    this.seal = this.stage('seal', () => sealing.run());
    this.checkpoint = this.stage('checkpoint', () => this.inTurn('checkpoint', () => checkpointing.run()));
    this.anchors = targets.map((target) =>
      this.stage(
        'anchor',
        () => this.inTurn(anchorStage(target.network), () => target.run()),
        target.network,
      ),
    );
  }

  start(): void {
    for (const stage of this.stages()) stage.start();
  }

  /** Ends after the runs that are going on. */
  async stop(): Promise<void> {
    await Promise.all(this.stages().map((stage) => stage.stop()));
  }

  leavesAccepted(count: number): void {
    if (this.parts.sealing.leavesAccepted(count)) this.seal.poke();
  }

  entriesAppended(): void {
    this.checkpoint.poke();
  }

  checkpointPublished(): void {
    for (const anchor of this.anchors) anchor.poke();
  }

  private stages(): Loop[] {
    return [this.seal, this.checkpoint, ...this.anchors];
  }

  private stage(name: StageName, run: () => Promise<number | undefined>, network?: string): Loop {
    return new Loop({
      run,
      pollMs: STAGE_POLL_MS,
      // A chain or an authority may be away for long; its first pauses are those of every stage.
      ...(network === undefined ? {} : { backoffMaxMs: TARGET_BACKOFF_MAX_MS }),
      onFailure: (error, pauseMs) => this.parts.onStageFailure(name, error, pauseMs, network),
    });
  }

  /** A stage with work outside the database runs in one process at a time. */
  private async inTurn(name: string, run: () => Promise<number | undefined>): Promise<number | undefined> {
    const turn = await this.parts.exclusive.run(name, async () => ({ waitMs: await run() }));
    return turn === undefined ? STAGE_BUSY_MS : turn.waitMs;
  }
}
