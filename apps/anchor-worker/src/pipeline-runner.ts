import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import type { DurableName } from '@touchstone/contracts';
import { consumeDurableBatch, createMeshMetrics, MESH, type Mesh, type MeshMetrics } from '@touchstone/nats';
import {
  HEALTH,
  LOGGER,
  METRICS,
  SHUTDOWN,
  type HealthRegistry,
  type Logger,
  type Registry,
  type Shutdown,
} from '@touchstone/platform';
import { ANCHOR_READER, type AnchorReader } from './domain/anchor/anchor-reader.js';
import { OutputKeys } from './domain/leaf/output-keys.js';
import type { CreatedPipeline } from './domain/pipeline/create-pipeline.js';
import { LeafProgress } from './leaf-progress.js';
import { ANCHOR_METRICS, type AnchorMetrics } from './metrics.js';
import { INTAKE_MESSAGES_MAX, INTAKE_WAIT_MS, takeEvents } from './transport/nats/take-events.js';

/** Injection token of the {@link CreatedPipeline}. */
export const PIPELINE = Symbol('Pipeline');

/** Starts stages and consumers when the application is up, and ends them in the order of a shutdown. */
@Injectable()
export class PipelineRunner implements OnApplicationBootstrap {
  constructor(
    @Inject(PIPELINE) private readonly created: CreatedPipeline,
    @Inject(ANCHOR_READER) private readonly reader: AnchorReader,
    @Inject(ANCHOR_METRICS) private readonly metrics: AnchorMetrics,
    @Inject(LeafProgress) private readonly progress: LeafProgress,
    @Inject(OutputKeys) private readonly keys: OutputKeys,
    @Inject(MESH) private readonly mesh: Mesh,
    @Inject(METRICS) private readonly registry: Registry,
    @Inject(HEALTH) private readonly health: HealthRegistry,
    @Inject(SHUTDOWN) private readonly shutdown: Shutdown,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { pipeline } = this.created;
    this.health.addReadiness('log', () => this.checkLog());
    this.watchProofs();
    this.shutdown.add('in-flight', 'pipeline', async () => {
      await pipeline.stop();
      await this.progress.settled();
    });
    pipeline.start();
    const meshMetrics = createMeshMetrics(this.registry);
    await this.consume('anchor-worker-key-set', meshMetrics);
    await this.consume('anchor-worker-inference', meshMetrics);
  }

  private async consume(durable: DurableName, metrics: MeshMetrics): Promise<void> {
    const { intake } = this.created;
    const consumer = await consumeDurableBatch({
      nc: this.mesh.nc,
      durable,
      logger: this.logger,
      metrics,
      maxMessages: INTAKE_MESSAGES_MAX,
      maxWaitMs: INTAKE_WAIT_MS,
      handler: async (messages) => {
        const taken = await takeEvents(intake, this.keys, messages, (accepted) =>
          this.progress.accepted(accepted),
        );
        this.metrics.intaken(taken);
      },
    });
    this.health.addReadiness(durable, () => consumer.check());
    this.shutdown.add('consumers', durable, () => consumer.stop());
  }

  /** Without proofs no anchor becomes final, however well everything else goes: that must not be silent. */
  private watchProofs(): void {
    const { proofs } = this.created;
    if (proofs === undefined) return;
    this.metrics.watchProofs(() => proofs.refusal);
    this.health.addReadiness('proofs', async () => {
      if (proofs.refusal !== undefined)
        throw new Error(`This node cannot serve eth_getProof for anchors: ${proofs.refusal}`);
    });
  }

  /** A log that the signer refuses to extend, or that is shorter than its checkpoint, needs an operator. */
  private async checkLog(): Promise<void> {
    const { closedReason } = this.created.checkpointing;
    if (closedReason !== undefined) throw new Error(`The log is closed: ${closedReason}`);
    const { logSize, checkpointSize } = await this.reader.figures();
    if (checkpointSize > logSize)
      throw new Error(`The log has ${logSize} entries and a checkpoint of ${checkpointSize}.`);
  }
}
