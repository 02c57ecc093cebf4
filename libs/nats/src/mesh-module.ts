import { Inject, Module, type DynamicModule, type OnModuleInit, type Provider } from '@nestjs/common';
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
import { Consumers } from './jetstream/consumers.js';
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

/** Injection token of the service's {@link MeshMetrics}. */
export const MESH_METRICS = Symbol('MeshMetrics');

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
 * Gives a service its connection (`MESH`), `RpcClient`, `EventPublisher`, `Consumers` and the publish port of its outbox,
 * a readiness check, and the closing in the phase `nats`.
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
          provide: MESH_METRICS,
          inject: [METRICS],
          useFactory: (registry: Registry) => createMeshMetrics(registry),
        },
        {
          provide: MESH,
          inject: [LOGGER, SHUTDOWN, MESH_METRICS],
          useFactory: (logger: Logger, shutdown: Shutdown, metrics: MeshMetrics) =>
            openMesh(options, logger, shutdown, metrics),
        },
        {
          provide: StreamUsage,
          inject: [MESH, LOGGER, SHUTDOWN, MESH_METRICS],
          useFactory: ({ nc }: Mesh, logger: Logger, shutdown: Shutdown, metrics: MeshMetrics) => {
            const usage = new StreamUsage({
              nc,
              streams: options.provisioned?.streams ?? [],
              logger,
              metrics,
            });
            shutdown.add('nats', 'stream usage', () => usage.stop());
            usage.start();
            return usage;
          },
        },
        ...clients(options.service),
      ],
      exports: [MESH, MESH_METRICS, RpcClient, EventPublisher, PUBLISH_EVENT, EVENT_BUS, Consumers],
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

/** What a service does on its connection: calls, publications and consumers. */
function clients(service: ServiceName): Provider[] {
  return [
    {
      provide: RpcClient,
      inject: [MESH, MESH_METRICS],
      useFactory: ({ nc }: Mesh, metrics: MeshMetrics) => new RpcClient({ nc, caller: service, metrics }),
    },
    {
      provide: EventPublisher,
      inject: [MESH, MESH_METRICS],
      useFactory: ({ nc }: Mesh, metrics: MeshMetrics) => new EventPublisher({ nc, metrics }),
    },
    {
      provide: PUBLISH_EVENT,
      inject: [MESH, MESH_METRICS],
      // The relay repeats what failed by itself, in order, and a shutdown waits for what it has begun.
      useFactory: ({ nc }: Mesh, metrics: MeshMetrics): PublishEvent =>
        new EventPublisher({ nc, metrics, attemptsMax: 1 }).publishStored,
    },
    {
      provide: EVENT_BUS,
      inject: [MESH],
      useFactory: (mesh: Mesh) => new OutboxBus(mesh, service),
    },
    {
      provide: Consumers,
      inject: [MESH, MESH_METRICS, LOGGER, HEALTH, SHUTDOWN],
      useFactory: (
        mesh: Mesh,
        metrics: MeshMetrics,
        logger: Logger,
        health: HealthRegistry,
        shutdown: Shutdown,
      ) => new Consumers({ mesh, metrics, logger, health, shutdown }),
    },
  ];
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
