import { Anchoring, type AnchoringOptions } from '../anchor/anchoring.js';
import type { AnchorChain, AnchorStore, TransactionSigner } from '../anchor/anchor-ports.js';
import { Attempts, type CostLimits } from '../anchor/attempts.js';
import { AnchorProgress, type AnchorEvent } from '../anchor/progress.js';
import { ProofTaking, type KeptProofStore, type ProofSource } from '../anchor/proving.js';
import type { Batch } from '../batch/build-batch.js';
import type { SealingPolicy } from '../batch/due-batches.js';
import { Sealing, type SealingStore } from '../batch/sealing.js';
import { Checkpointing, type PublishedRange } from '../checkpoint/checkpointing.js';
import type { CheckpointSigner, CheckpointStore } from '../checkpoint/checkpoint-ports.js';
import { Intake, type IntakeStore } from '../leaf/intake.js';
import type { AroundWork } from './around-work.js';
import type { Exclusive } from './exclusive.js';
import { Pipeline, type StageName } from './pipeline.js';

/** The outside of the pipeline. */
export interface PipelinePorts {
  readonly intake: IntakeStore;
  readonly sealing: SealingStore;
  readonly checkpoints: CheckpointStore;
  readonly checkpointSigner: CheckpointSigner;
  readonly exclusive: Exclusive;
  /** `undefined` in the mode synthetic: then no code that could anchor exists in the process. */
  readonly anchoring: AnchoringPorts | undefined;
  readonly nowMs: () => number;
  readonly newId: () => string;
}

/** The outside of anchoring. */
export interface AnchoringPorts {
  readonly chain: AnchorChain;
  readonly store: AnchorStore;
  readonly keptProofs: KeptProofStore;
  readonly signer: TransactionSigner;
}

/** Who is told what happens, for logs and figures. */
export interface PipelineObserver {
  /** Puts a span around a piece of work. */
  readonly around: AroundWork;
  sealed(batches: readonly Batch[]): void;
  checkpointPublished(published: PublishedRange): void;
  /** The reason when the log closes, `undefined` when it opens again. */
  logClosed(reason: string | undefined): void;
  anchorChanged(event: AnchorEvent): void;
  proofHad(source: ProofSource): void;
  /** The node's reason when it begins to refuse every proof, `undefined` when it gives one again. */
  proofsRefused(reason: string | undefined): void;
  stageFailed(stage: StageName, error: unknown, pauseMs: number): void;
}

/** What an operator sets. */
export interface PipelineSettings extends SealingPolicy, CostLimits {
  readonly origin: string;
  readonly nodeId: string;
  readonly stuckBlocks: bigint;
  readonly spacingMs: AnchoringOptions['spacingMs'];
  readonly pollMs: AnchoringOptions['pollMs'];
}

/** A pipeline with the parts that others ask. */
export interface CreatedPipeline {
  readonly pipeline: Pipeline;
  readonly intake: Intake;
  readonly checkpointing: Checkpointing;
  readonly sealing: Sealing;
  readonly anchoring: Anchoring | undefined;
  /** Tells why the node cannot be used for anchors. */
  readonly proofs: ProofTaking | undefined;
}

/** Connects the stages: whoever commits something wakes the stage behind it. */
export function createPipeline(
  ports: PipelinePorts,
  settings: PipelineSettings,
  observer: PipelineObserver,
): CreatedPipeline {
  const { nowMs, newId, exclusive } = ports;
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
  const proofs = ports.anchoring && createProofTaking(ports.anchoring, nowMs, observer);
  const anchoring =
    ports.anchoring && proofs && createAnchoring({ ...ports.anchoring, proofs }, ports, settings, observer);
  const pipeline = new Pipeline({
    sealing,
    checkpointing,
    anchoring,
    exclusive,
    onStageFailure: (stage, error, pauseMs) => observer.stageFailed(stage, error, pauseMs),
  });
  return { pipeline, intake: new Intake(ports.intake, pipeline), checkpointing, sealing, anchoring, proofs };
}

function createProofTaking(
  { chain, keptProofs }: AnchoringPorts,
  nowMs: () => number,
  observer: PipelineObserver,
): ProofTaking {
  return new ProofTaking(chain, keptProofs, {
    nowMs,
    onProof: (source) => observer.proofHad(source),
    onRefusing: (reason) => observer.proofsRefused(reason),
  });
}

function createAnchoring(
  { chain, store, signer, proofs }: AnchoringPorts & { readonly proofs: ProofTaking },
  { nowMs, newId }: Pick<PipelinePorts, 'nowMs' | 'newId'>,
  settings: PipelineSettings,
  observer: PipelineObserver,
): Anchoring {
  const attempts = new Attempts(chain, signer, store, settings);
  const progress = new AnchorProgress(chain, store, attempts, proofs, {
    stuckBlocks: settings.stuckBlocks,
    nowMs,
    onEvent: (event) => observer.anchorChanged(event),
  });
  return new Anchoring(
    { chain, store, signer, attempts, progress, proofs },
    {
      ...settings,
      nowMs,
      newId,
      around: observer.around,
    },
  );
}
