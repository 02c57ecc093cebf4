import type { Anchoring } from '../anchor/anchoring.js';
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

/** What the pipeline runs; without `anchoring` nothing leaves (mode synthetic). */
export interface PipelineParts {
  readonly sealing: Pick<Sealing, 'run' | 'leavesAccepted'>;
  readonly checkpointing: Pick<Checkpointing, 'run'>;
  readonly anchoring: Pick<Anchoring, 'run'> | undefined;
  readonly exclusive: Exclusive;
  readonly onStageFailure: (stage: StageName, error: unknown, pauseMs: number) => void;
}

/** The stages seal → checkpoint → anchor of one process; each is woken right after the commit of the one before. */
export class Pipeline implements IntakeListener {
  private readonly seal: Loop;
  private readonly checkpoint: Loop;
  private readonly anchor: Loop | undefined;

  constructor(private readonly parts: PipelineParts) {
    const { sealing, checkpointing, anchoring } = parts;
    this.seal = this.stage('seal', () => sealing.run());
    this.checkpoint = this.stage('checkpoint', () => this.inTurn('checkpoint', () => checkpointing.run()));
    this.anchor = anchoring && this.stage('anchor', () => this.inTurn('anchor', () => anchoring.run()));
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
    this.anchor?.poke();
  }

  private stages(): Loop[] {
    return [this.seal, this.checkpoint, ...(this.anchor ? [this.anchor] : [])];
  }

  private stage(name: StageName, run: () => Promise<number | undefined>): Loop {
    return new Loop({
      run,
      pollMs: STAGE_POLL_MS,
      onFailure: (error, pauseMs) => this.parts.onStageFailure(name, error, pauseMs),
    });
  }

  /** A stage with work outside the database runs in one process at a time. */
  private async inTurn(name: StageName, run: () => Promise<number | undefined>): Promise<number | undefined> {
    const turn = await this.parts.exclusive.run(name, async () => ({ waitMs: await run() }));
    return turn === undefined ? STAGE_BUSY_MS : turn.waitMs;
  }
}
