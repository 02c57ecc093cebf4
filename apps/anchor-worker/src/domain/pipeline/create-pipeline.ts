import {
  newestAttempt,
  TransactionLane,
  type LaneChain,
  type LaneEvent,
  type LaneSigner,
  type LaneStore,
} from '@touchstone/evm';
import { Anchoring, type AnchoringOptions } from '../anchor/anchoring.js';
import type { AnchorChain, AnchorDraft, AnchorStore } from '../anchor/ports.js';
import { AnchorProgress, type AnchorEvent } from '../anchor/progress.js';
import { ProofTaking, type KeptProofStore, type ProofSource } from '../anchor/proving.js';
import type { Batch } from '../batch/build-batch.js';
import type { SealingPolicy } from '../batch/due-batches.js';
import { Sealing, type SealingStore } from '../batch/sealing.js';
import { Checkpointing, type PublishedRange } from '../checkpoint/checkpointing.js';
import type { CheckpointSigner, CheckpointStore } from '../checkpoint/ports.js';
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
  /** What the sender of transactions stands on. */
  readonly lane: {
    readonly chain: LaneChain;
    readonly store: LaneStore<AnchorDraft>;
    readonly signer: LaneSigner;
  };
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
export interface PipelineSettings extends SealingPolicy {
  /** Largest gas limit of an anchor. */
  readonly gasMax: bigint;
  /** Largest fee per gas in wei. */
  readonly feePerGasMax: bigint;
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

/**
 * Milliseconds that a transaction of a key which was replaced is waited for; then its anchor fails, and a later one
 * covers the same batches.
 */
export const ANCHOR_DRAIN_MS = 600_000;

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
  { chain, store, proofs, lane: sender }: AnchoringPorts & { readonly proofs: ProofTaking },
  { nowMs, newId }: Pick<PipelinePorts, 'nowMs' | 'newId'>,
  settings: PipelineSettings,
  observer: PipelineObserver,
): Anchoring {
  const lane = new TransactionLane<AnchorDraft>({
    ...sender,
    feePerGasMax: settings.feePerGasMax,
    stuckBlocks: settings.stuckBlocks,
    // An anchor counts when its block is final; until then it is followed, however shallow.
    confirmations: 1n,
    drainMs: ANCHOR_DRAIN_MS,
    nowMs,
    onEvent: (event) => tellLaneEvent(event, observer),
  });
  const progress = new AnchorProgress(store, proofs, {
    nowMs,
    onEvent: (event) => observer.anchorChanged(event),
  });
  return new Anchoring(
    { chain, store, lane, account: () => sender.signer.account(), progress, proofs },
    { ...settings, nowMs, newId, around: observer.around },
  );
}

/** Of what happens to a transaction, what an anchor's own states do not tell. */
function tellLaneEvent({ kind, transaction }: LaneEvent, observer: PipelineObserver): void {
  if (kind === 'mined' || kind === 'dropped') return;
  // Bytes that were never sent are sent for the first time, and nobody counts that as a second attempt.
  if (kind === 'resent' && newestAttempt(transaction).sentAtBlock === null) return;
  observer.anchorChanged({ kind: kind === 'resent' ? 'rebroadcast' : kind });
}
