import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import type { Attestation } from '@touchstone/contracts';
import { capabilityHash } from '@touchstone/evidence';
import { consumeDurable, createMeshMetrics, MESH, RpcClient, type Mesh } from '@touchstone/nats';
import { SERVICE_CONTEXT, type ServiceContext } from '@touchstone/platform';
import { Heartbeat } from './adapters/attestation-hub/heartbeat.js';
import type { Config } from './config.js';
import { VERIFICATIONS } from './domain/inference/verification.js';
import { COMMITMENT_KEEPER, type CommitmentKeeper } from './domain/model/commitment-keeper.js';
import { MODEL_CATALOGUE, type ModelCatalogue } from './domain/model/model-catalogue.js';
import {
  commitModels,
  MODEL_REGISTRY,
  refreshModels,
  type ModelRegistry,
} from './domain/model/register-models.js';
import { SETTLE_EXECUTED, type SettleExecuted } from './domain/payment/settle-executed.js';
import { NODE_STATUS, type LastNodeStatus } from './domain/node/node-status.js';
import type { VerificationRepository } from './persistence/verification-repository.js';
import { takePaymentEvent } from './transport/nats/payment-events.js';

/** The consumer of payment events. */
export const PAYMENT_DURABLE = 'inference-gateway-payment';

/** Milliseconds between two looks at commitments and statuses. */
export const REFRESH_INTERVAL_MS = 10_000;

/** Milliseconds between two looks for answers whose settlement nobody asked for. */
export const SETTLE_ASK_INTERVAL_MS = 2_000;

/** Milliseconds between two attempts while the first commitments are not in place. */
const FIRST_COMMITMENT_RETRY_MS = 1_000;

/** What runs beside the requests: payment events, heartbeat, and the look at the signer's keys. */
@Injectable()
export class Background implements OnApplicationBootstrap {
  private committed = false;
  private stopped = false;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    @Inject(SERVICE_CONTEXT) private readonly context: ServiceContext<Config>,
    @Inject(MESH) private readonly mesh: Mesh,
    @Inject(RpcClient) private readonly rpc: RpcClient,
    @Inject(VERIFICATIONS) private readonly verifications: VerificationRepository,
    @Inject(MODEL_CATALOGUE) private readonly catalogue: ModelCatalogue,
    @Inject(MODEL_REGISTRY) private readonly registry: ModelRegistry,
    @Inject(COMMITMENT_KEEPER) private readonly commitments: CommitmentKeeper,
    @Inject(NODE_STATUS) private readonly nodeStatus: LastNodeStatus,
    @Inject(SETTLE_EXECUTED) private readonly settleExecuted: SettleExecuted,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    this.context.health.addReadiness('commitments', () => {
      if (!this.committed) throw new Error('the signer has not named its keys yet');
    });
    await this.startConsumer();
    this.startRefreshing();
    if (this.context.config.TOUCHSTONE_PAYMENT_MODE === 'x402') this.startSettling();
    this.startHeartbeat();
  }

  private async startConsumer(): Promise<void> {
    const consumer = await consumeDurable({
      nc: this.mesh.nc,
      durable: PAYMENT_DURABLE,
      logger: this.context.logger,
      metrics: createMeshMetrics(this.context.metrics),
      handler: (message) => takePaymentEvent(this.verifications, message),
    });
    this.context.health.addReadiness(PAYMENT_DURABLE, () => consumer.check());
    this.context.shutdown.add('consumers', PAYMENT_DURABLE, () => consumer.stop());
    // Requests of callers who hung up may still be writing; the others have their answer by then.
    this.context.shutdown.add('outbox', 'records', () => this.verifications.close());
  }

  private startRefreshing(): void {
    this.context.shutdown.add('consumers', 'refresh', () => {
      this.stopped = true;
      clearTimeout(this.timer);
    });
    // Not awaited: a signer that is away must not hold up the start, readiness says that it is missing.
    void this.refresh();
  }

  /** Looks at the signer's keys and the operators' statuses, and comes back; never rejects. */
  private async refresh(): Promise<void> {
    try {
      await refreshModels(this.registry, this.catalogue);
      await commitModels(this.commitments, this.catalogue);
      this.committed = true;
    } catch (error) {
      this.context.logger.warn({ err: error }, 'commitments and statuses could not be looked at');
    }
    if (this.stopped) return;
    const waitMs = this.committed ? REFRESH_INTERVAL_MS : FIRST_COMMITMENT_RETRY_MS;
    this.timer = setTimeout(() => void this.refresh(), waitMs);
    this.timer.unref();
  }

  /** Asks for settlements in place of requests that were killed; a run that fails is logged and the next one comes. */
  private startSettling(): void {
    const { logger, shutdown } = this.context;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const run = async (): Promise<void> => {
      await this.settleExecuted.run().catch((error: unknown) => {
        logger.warn({ err: error }, 'answers that are not settled could not be looked for');
      });
      if (this.stopped) return;
      timer = setTimeout(() => void run(), SETTLE_ASK_INTERVAL_MS);
      timer.unref();
    };
    void run();
    // A question under way is not waited for: whoever asks again gets the same answer.
    shutdown.add('consumers', 'settlements', () => {
      this.stopped = true;
      clearTimeout(timer);
    });
  }

  private startHeartbeat(): void {
    const { clock, config, health, logger, shutdown } = this.context;
    const heartbeat = new Heartbeat({
      rpc: this.rpc,
      nodeId: config.TOUCHSTONE_NODE_ID,
      attestation: () => this.attestation(),
      status: this.nodeStatus,
      nowMs: () => clock.nowMs(),
      health: async () => ((await health.readiness()).ready ? 'GREEN' : 'YELLOW'),
      onError: (error) => logger.debug({ err: error }, 'the attestation hub did not take the heartbeat'),
    });
    shutdown.add('consumers', 'heartbeat', () => heartbeat.stop());
    // Not awaited: a hub that is away must not hold up the start.
    void heartbeat.start();
  }

  /** The models of this moment: those of the folder, and those that were added since. */
  private attestation(): Attestation {
    const models = this.catalogue.all().map(({ modelVersionId }) => `model:${modelVersionId}`);
    return {
      schema: 'attestation_v1',
      build_id: this.context.build.hash,
      capability_hash: capabilityHash(['inference:onnx', ...models]),
      runtime: { os: process.platform, node: process.version },
    };
  }
}
