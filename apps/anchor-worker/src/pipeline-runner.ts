import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import type { DurableName } from '@touchstone/contracts';
import { Consumers, DELIVERIES_MAX } from '@touchstone/nats';
import { HEALTH, type HealthRegistry } from '@touchstone/platform/observability';
import { SHUTDOWN, type Shutdown } from '@touchstone/platform/runtime';
import type { AnchorReader } from './domain/anchor/anchor-reader.js';
import { SigningKeys } from './domain/leaf/signing-keys.js';
import type { CreatedPipeline } from './domain/pipeline/create-pipeline.js';
import { LeafProgress } from './leaf-progress.js';
import { AnchorMetrics } from './metrics.js';
import { INTAKE_MESSAGES_MAX, INTAKE_WAIT_MS, takeEvents } from './transport/nats/take-events.js';
import { ANCHOR_READER, PIPELINE } from './tokens.js';

/** Starts stages and consumers when the application is up, and ends them in the order of a shutdown. */
@Injectable()
export class PipelineRunner implements OnApplicationBootstrap {
  constructor(
    @Inject(PIPELINE) private readonly created: CreatedPipeline,
    @Inject(ANCHOR_READER) private readonly reader: AnchorReader,
    @Inject(AnchorMetrics) private readonly metrics: AnchorMetrics,
    @Inject(LeafProgress) private readonly progress: LeafProgress,
    @Inject(SigningKeys) private readonly keys: SigningKeys,
    @Inject(Consumers) private readonly consumers: Consumers,
    @Inject(HEALTH) private readonly health: HealthRegistry,
    @Inject(SHUTDOWN) private readonly shutdown: Shutdown,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { pipeline } = this.created;
    this.health.addReadiness('log', () => this.checkLog());
    this.watchTargets();
    this.shutdown.add('in-flight', 'pipeline', async () => {
      await pipeline.stop();
      await this.progress.settled();
    });
    pipeline.start();
    await this.consume('anchor-worker-key-set');
    await this.consume('anchor-worker-inference');
    await this.consumers.each({
      durable: 'anchor-worker-stuck',
      handler: async ({ subject, body, deliveryCount }) => {
        if (subject === 'evt.v1.anchor.anchor.stuck')
          await this.created.stuck.retry(body, deliveryCount >= DELIVERIES_MAX);
      },
    });
  }

  private async consume(durable: DurableName): Promise<void> {
    const { intake } = this.created;
    await this.consumers.batches({
      durable,
      maxMessages: INTAKE_MESSAGES_MAX,
      maxWaitMs: INTAKE_WAIT_MS,
      handler: async (messages) => {
        const taken = await takeEvents(intake, this.keys, messages, (accepted) =>
          this.progress.accepted(accepted),
        );
        this.metrics.intaken(taken);
      },
    });
  }

  /** A service that can make nothing final anywhere must not look well; one target in trouble is an alert. */
  private watchTargets(): void {
    const { targets } = this.created;
    if (targets.length === 0) return;
    this.metrics.watchTargets(targets);
    this.health.addReadiness('targets', () => {
      const troubles = targets.flatMap(({ network, trouble }) => (trouble ? `${network}: ${trouble}` : []));
      if (troubles.length === targets.length) throw new Error(troubles.join(' '));
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
