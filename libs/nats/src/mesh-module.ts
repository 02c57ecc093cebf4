import { Inject, Module, type DynamicModule, type OnModuleInit } from '@nestjs/common';
import type { ServiceName } from '@touchstone/contracts';
import {
  HEALTH,
  LOGGER,
  METRICS,
  EVENT_BUS,
  PUBLISH_EVENT,
  SHUTDOWN,
  type HealthRegistry,
  type Logger,
  type PublishEvent,
  type Registry,
  type Shutdown,
} from '@touchstone/platform';
import { connectMesh, type Mesh } from './connection.js';
import { assertProvisioned, type ProvisionedNames } from './jetstream/assert-provisioned.js';
import { EventPublisher } from './jetstream/event-publisher.js';
import { createMeshMetrics } from './mesh-metrics.js';
import { OutboxBus } from './jetstream/outbox-bus.js';
import { StreamUsage } from './jetstream/stream-usage.js';
import type { MeshMetrics } from './observer.js';
import { checkPayloadLimit } from './payload-check.js';
import { RpcClient } from './rpc/rpc-client.js';

const OPTIONS = Symbol('MeshModuleOptions');

/** Injection token of the service's {@link Mesh}. */
export const MESH = Symbol('Mesh');

/** How a service joins the mesh. */
export interface MeshModuleOptions {
  readonly service: ServiceName;
  readonly url: string;
  readonly user: string;
  readonly password: string;
  /** Streams and durables that must exist; starting fails without them. */
  readonly provisioned?: ProvisionedNames;
}

/**
 * Gives a service its connection (`MESH`), `RpcClient`, `EventPublisher` and the publish port of its outbox, a
 * readiness check, and the closing in the phase `nats`.
 */
@Module({})
export class MeshModule implements OnModuleInit {
  constructor(
    @Inject(MESH) private readonly mesh: Mesh,
    @Inject(OPTIONS) private readonly options: MeshModuleOptions,
    @Inject(StreamUsage) private readonly usage: StreamUsage,
    @Inject(HEALTH) private readonly health: HealthRegistry,
  ) {}

  static forRoot(options: MeshModuleOptions): DynamicModule {
    return {
      module: MeshModule,
      global: true,
      providers: [
        { provide: OPTIONS, useValue: options },
        {
          provide: MESH,
          inject: [LOGGER, SHUTDOWN, METRICS],
          useFactory: (logger: Logger, shutdown: Shutdown, registry: Registry) =>
            openMesh(options, logger, shutdown, createMeshMetrics(registry)),
        },
        {
          provide: StreamUsage,
          inject: [MESH, LOGGER, SHUTDOWN, METRICS],
          useFactory: ({ nc }: Mesh, logger: Logger, shutdown: Shutdown, registry: Registry) => {
            const streams = options.provisioned?.streams ?? [];
            const usage = new StreamUsage({ nc, streams, logger, metrics: createMeshMetrics(registry) });
            shutdown.add('nats', 'stream usage', () => usage.stop());
            usage.start();
            return usage;
          },
        },
        {
          provide: RpcClient,
          inject: [MESH, METRICS],
          useFactory: ({ nc }: Mesh, registry: Registry) =>
            new RpcClient({ nc, caller: options.service, metrics: createMeshMetrics(registry) }),
        },
        {
          provide: EventPublisher,
          inject: [MESH, METRICS],
          useFactory: ({ nc }: Mesh, registry: Registry) =>
            new EventPublisher({ nc, metrics: createMeshMetrics(registry) }),
        },
        {
          provide: PUBLISH_EVENT,
          inject: [MESH, METRICS],
          useFactory: ({ nc }: Mesh, registry: Registry): PublishEvent => {
            // The relay repeats what failed by itself, in order, and a shutdown waits for what it has begun.
            const metrics = createMeshMetrics(registry);
            return new EventPublisher({ nc, metrics, attemptsMax: 1 }).publishStored;
          },
        },
        {
          provide: EVENT_BUS,
          inject: [MESH],
          useFactory: (mesh: Mesh) => new OutboxBus(mesh, options.service),
        },
      ],
      exports: [MESH, RpcClient, EventPublisher, PUBLISH_EVENT, EVENT_BUS],
    };
  }

  onModuleInit(): void {
    this.health.addReadiness('nats', () => {
      if (this.mesh.status() !== 'connected')
        throw new Error(`The NATS connection is ${this.mesh.status()}.`);
    });
    this.health.addReadiness('max_payload', () => checkPayloadLimit(this.mesh.nc, this.options.service));
    this.health.addReadiness('streams', () => this.usage.check());
  }
}

async function openMesh(
  options: MeshModuleOptions,
  logger: Logger,
  shutdown: Shutdown,
  metrics: MeshMetrics,
): Promise<Mesh> {
  const mesh = await connectMesh({ ...options, logger, metrics });
  shutdown.add('nats', 'nats', () => mesh.close());
  await assertProvisioned(mesh.nc, options.provisioned ?? {});
  return mesh;
}
