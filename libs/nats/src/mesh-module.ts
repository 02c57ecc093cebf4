import { Inject, Module, type DynamicModule, type OnModuleInit, type Provider } from '@nestjs/common';
import { meshCaller, type MeshCaller, type ServiceName } from '@touchstone/contracts';
import {
  HEALTH,
  LOGGER,
  METRICS,
  type HealthRegistry,
  type Logger,
} from '@touchstone/platform/observability';
import { awaitDependency, SHUTDOWN, type StartParts } from '@touchstone/platform/runtime';
import { EVENT_BUS, PUBLISH_EVENT, provide, token } from '@touchstone/platform/wiring';
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

const OPTIONS = token<MeshModuleOptions>('MeshModuleOptions');

/** Injection token of the service's {@link Mesh}. */
export const MESH = token<Mesh>('Mesh');

/** Injection token of the service's {@link MeshMetrics}. */
export const MESH_METRICS = token<MeshMetrics>('MeshMetrics');

/** How a service joins the mesh. */
export interface MeshModuleOptions {
  readonly service: ServiceName;
  /** The node that it runs on, for services whose nodes have a user each. */
  readonly node?: string | undefined;
  readonly url: string;
  /** The login; the name of its user of the mesh when left out. */
  readonly user?: string | undefined;
  readonly password: string;
  /** Streams and durables that must exist; a start waits for them. */
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
    const caller = meshCaller(options.service, options.node);
    return {
      module: MeshModule,
      global: true,
      providers: [
        provide(OPTIONS, {}, () => options),
        provide(MESH_METRICS, { registry: METRICS }, ({ registry }) => createMeshMetrics(registry)),
        provide(
          MESH,
          { health: HEALTH, logger: LOGGER, shutdown: SHUTDOWN, metrics: MESH_METRICS },
          (parts) => openMesh(options, caller, parts),
        ),
        provide(
          StreamUsage,
          { mesh: MESH, logger: LOGGER, shutdown: SHUTDOWN, metrics: MESH_METRICS },
          ({ mesh: { nc }, logger, shutdown, metrics }) => {
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
        ),
        ...clients(options.service, caller),
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
function clients(service: ServiceName, caller: MeshCaller): Provider[] {
  const connection = { mesh: MESH, metrics: MESH_METRICS };
  return [
    provide(RpcClient, connection, ({ mesh: { nc }, metrics }) => new RpcClient({ nc, caller, metrics })),
    provide(EventPublisher, connection, ({ mesh: { nc }, metrics }) => new EventPublisher({ nc, metrics })),
    // The relay repeats what failed by itself, in order, and a shutdown waits for what it has begun.
    provide(
      PUBLISH_EVENT,
      connection,
      ({ mesh: { nc }, metrics }) => new EventPublisher({ nc, metrics, attemptsMax: 1 }).publishStored,
    ),
    provide(EVENT_BUS, { mesh: MESH }, ({ mesh }) => new OutboxBus(mesh, service)),
    provide(
      Consumers,
      { ...connection, logger: LOGGER, health: HEALTH, shutdown: SHUTDOWN },
      (parts) => new Consumers(parts),
    ),
  ];
}

async function openMesh(
  { url, user, password, provisioned }: MeshModuleOptions,
  caller: MeshCaller,
  parts: StartParts & { readonly logger: Logger; readonly metrics: MeshMetrics },
): Promise<Mesh> {
  const { logger, metrics } = parts;
  const login = { url, user: user ?? caller, password, service: caller, logger, metrics };
  const mesh = await awaitDependency('nats', () => connectMesh(login), parts);
  parts.shutdown.add('nats', 'nats', () => mesh.close());
  await awaitDependency('nats', () => assertProvisioned(mesh.nc, provisioned ?? {}), parts);
  return mesh;
}
