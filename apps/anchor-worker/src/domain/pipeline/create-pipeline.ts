import type { AnchorTarget } from '../anchor/anchor-target.js';
import type { Batch } from '../batch/build-batch.js';
import type { SealingPolicy } from '../batch/due-batches.js';
import { Sealing, type SealingStore } from '../batch/sealing.js';
import { Checkpointing, type PublishedRange } from '../checkpoint/checkpointing.js';
import type { CheckpointSigner, CheckpointStore } from '../checkpoint/ports.js';
import { Intake, type IntakeStore } from '../leaf/intake.js';
import type { AroundWork } from './around-work.js';
import { StuckAnchors } from '../anchor/stuck-anchors.js';
import type { Exclusive } from './exclusive.js';
import { Pipeline, type StageName } from './pipeline.js';

/** The outside of the pipeline. */
export interface PipelinePorts {
  readonly intake: IntakeStore;
  readonly sealing: SealingStore;
  readonly checkpoints: CheckpointStore;
  readonly checkpointSigner: CheckpointSigner;
  readonly exclusive: Exclusive;
  /** None in the mode synthetic: then nothing that could anchor exists in the process. */
  readonly targets: readonly AnchorTarget[];
  readonly nowMs: () => number;
  readonly newId: () => string;
  readonly sleep: (durationMs: number) => Promise<unknown>;
}

/** Who is told what happens, for logs and figures. */
export interface PipelineObserver {
  /** Puts a span around a piece of work. */
  readonly around: AroundWork;
  sealed(batches: readonly Batch[]): void;
  checkpointPublished(published: PublishedRange): void;
  /** The reason when the log closes, `undefined` when it opens again. */
  logClosed(reason: string | undefined): void;
  /** @param network that of the stage `anchor` */
  stageFailed(stage: StageName, error: unknown, pauseMs: number, network?: string): void;
}

/** What an operator sets. */
export interface PipelineSettings extends SealingPolicy {
  readonly origin: string;
  readonly nodeId: string;
}

/** A pipeline with the parts that others ask. */
export interface CreatedPipeline {
  readonly pipeline: Pipeline;
  readonly intake: Intake;
  readonly checkpointing: Checkpointing;
  readonly sealing: Sealing;
  readonly targets: readonly AnchorTarget[];
  readonly stuck: StuckAnchors;
}

/** Connects the stages: whoever commits something wakes the stage behind it. */
export function createPipeline(
  ports: PipelinePorts,
  settings: PipelineSettings,
  observer: PipelineObserver,
): CreatedPipeline {
  const { nowMs, newId, exclusive, targets } = ports;
  const sealing = new Sealing(ports.sealing, {
    ...settings,
    nowMs,
    newId,
    around: observer.around,
    onSealed: (batches) => {
      observer.sealed(batches);
      pipeline.entriesAppended();
    },
  });
  const checkpointing = new Checkpointing(ports.checkpoints, ports.checkpointSigner, {
    origin: settings.origin,
    nowMs,
    around: observer.around,
    onPublished: (published) => {
      observer.checkpointPublished(published);
      pipeline.checkpointPublished();
    },
    onClosed: (reason) => observer.logClosed(reason),
  });
  const pipeline = new Pipeline({
    sealing,
    checkpointing,
    targets,
    exclusive,
    onStageFailure: (...failure) => observer.stageFailed(...failure),
  });
  const stuck = new StuckAnchors(targets, exclusive, ports);
  const intake = new Intake(ports.intake, pipeline, { nodeId: settings.nodeId, nowMs });
  return { pipeline, intake, checkpointing, sealing, targets, stuck };
}
