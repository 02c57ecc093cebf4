import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import type { EventSubject } from '@touchstone/contracts';
import {
  assertProvisioned,
  consumeDurable,
  EventPublisher,
  RpcClient,
  type Mesh,
  type MeshMetrics,
} from '@touchstone/nats';
import { SERVICE_CONTEXT, type ServiceContext } from '@touchstone/platform';
import { Outbox, OutboxRelay } from '@touchstone/postgres';
import { DataSource } from 'typeorm';
import { Heartbeat } from './adapters/attestation-hub/heartbeat.js';
import type { GatewayConfig } from './config.js';
import { VERIFICATIONS } from './domain/inference/verification.js';
import { COMMITMENT_KEEPER, type CommitmentKeeper } from './domain/model/commitment-keeper.js';
import { MODEL_CATALOGUE, type ModelCatalogue } from './domain/model/model-catalogue.js';
import { commitModels, MODEL_REGISTRY, type ModelRegistry } from './domain/model/register-models.js';
import { capabilityHash } from './domain/node/capability-hash.js';
import { NODE_STATUS, type LastNodeStatus } from './domain/node/node-status.js';
import { MESH, MESH_METRICS } from './mesh.module.js';
import type { VerificationRepository } from './persistence/verification-repository.js';
import { takePaymentEvent } from './transport/nats/payment-events.js';

/** Milliseconds between two looks at commitments and statuses. */
export const REFRESH_INTERVAL_MS = 10_000;

/** Milliseconds between two attempts while the first commitments are not in place. */
const FIRST_COMMITMENT_RETRY_MS = 1_000;

/** What runs beside the requests: outbox relay, payment events, heartbeat, and the look at the signer's keys. */
@Injectable()
export class Background implements OnApplicationBootstrap {
  private committed = false;
  private stopped = false;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    @Inject(SERVICE_CONTEXT) private readonly context: ServiceContext<GatewayConfig>,
    @Inject(MESH) private readonly mesh: Mesh,
    @Inject(MESH_METRICS) private readonly meshMetrics: MeshMetrics,
    @Inject(RpcClient) private readonly rpc: RpcClient,
    @Inject(EventPublisher) private readonly publisher: EventPublisher,
    @Inject(DataSource) private readonly dataSource: DataSource,
    @Inject(Outbox) private readonly outbox: Outbox,
    @Inject(VERIFICATIONS) private readonly verifications: VerificationRepository,
    @Inject(MODEL_CATALOGUE) private readonly catalogue: ModelCatalogue,
    @Inject(MODEL_REGISTRY) private readonly registry: ModelRegistry,
    @Inject(COMMITMENT_KEEPER) private readonly commitments: CommitmentKeeper,
    @Inject(NODE_STATUS) private readonly nodeStatus: LastNodeStatus,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    this.context.health.addReadiness('commitments', () => {
      if (!this.committed) throw new Error('the signer has not named its keys yet');
    });
    this.startRelay();
    await this.startConsumer();
    this.startRefreshing();
    this.startHeartbeat();
  }

  private startRelay(): void {
    const { logger, metrics, shutdown } = this.context;
    const relay = new OutboxRelay({
      dataSource: this.dataSource,
      publish: async (subject, payload, options) => {
        await this.publisher.publish(subject as EventSubject, payload, options);
      },
      logger,
      metrics,
    });
    this.outbox.wakes(relay);
    relay.start();
    shutdown.add('outbox', 'records and outbox', async (signal) => {
      await this.verifications.close();
      await relay.flush(signal);
      await relay.stop();
    });
  }

  private async startConsumer(): Promise<void> {
    const { nc } = this.mesh;
    const durable = 'inference-gateway-payment';
    await assertProvisioned(nc, { streams: ['INFERENCE', 'PAYMENT'], durables: [durable] });
    const consumer = await consumeDurable({
      nc,
      durable,
      logger: this.context.logger,
      metrics: this.meshMetrics,
      handler: (message) => takePaymentEvent(this.verifications, message),
    });
    this.context.shutdown.add('consumers', durable, () => consumer.stop());
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
      this.catalogue.setStatuses(await this.registry.statuses());
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

  private startHeartbeat(): void {
    const { build, clock, config, health, logger, shutdown } = this.context;
    const capabilities = [
      'inference:onnx',
      ...this.catalogue.all().map((model) => `model:${model.modelVersionId}`),
    ];
    const heartbeat = new Heartbeat({
      rpc: this.rpc,
      nodeId: config.TOUCHSTONE_NODE_ID,
      attestation: {
        schema: 'attestation_v1',
        build_id: build.hash,
        capability_hash: capabilityHash(capabilities),
        runtime: { os: process.platform, node: process.version },
      },
      status: this.nodeStatus,
      nowMs: () => clock.nowMs(),
      health: async () => ((await health.readiness()).ready ? 'GREEN' : 'YELLOW'),
      onError: (error) => logger.debug({ err: error }, 'the attestation hub did not take the heartbeat'),
    });
    shutdown.add('consumers', 'heartbeat', () => heartbeat.stop());
    // Not awaited: a hub that is away must not hold up the start.
    void heartbeat.start();
  }
}
