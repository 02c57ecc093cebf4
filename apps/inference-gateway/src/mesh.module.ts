import { Module, type DynamicModule } from '@nestjs/common';
import {
  connectMesh,
  createMeshMetrics,
  EventPublisher,
  RpcClient,
  type Mesh,
  type MeshMetrics,
} from '@touchstone/nats';
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
import type { GatewayConfig } from './config.js';

/** Injection token of the {@link Mesh}. */
export const MESH = Symbol('Mesh');

/** Injection token of the mesh's figures. */
export const MESH_METRICS = Symbol('MeshMetrics');

const service = 'inference-gateway';

/** The connection to NATS with what hangs on it. */
@Module({})
export class MeshModule {
  static forConfig(config: GatewayConfig): DynamicModule {
    return {
      module: MeshModule,
      global: true,
      providers: [
        {
          provide: MESH_METRICS,
          inject: [METRICS],
          useFactory: (registry: Registry) => createMeshMetrics(registry),
        },
        {
          provide: MESH,
          inject: [LOGGER, MESH_METRICS, HEALTH, SHUTDOWN],
          useFactory: async (
            logger: Logger,
            metrics: MeshMetrics,
            health: HealthRegistry,
            shutdown: Shutdown,
          ) => {
            const {
              NATS_URL: url,
              TOUCHSTONE_NATS_USER: user,
              TOUCHSTONE_NATS_PASSWORD: password = '',
            } = config;
            const mesh = await connectMesh({ url, user, password, service, logger, metrics });
            shutdown.add('nats', 'nats', () => mesh.close());
            health.addReadiness('nats', () => {
              if (mesh.status() !== 'connected') throw new Error(`the connection is ${mesh.status()}`);
            });
            return mesh;
          },
        },
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
      ],
      exports: [MESH, MESH_METRICS, RpcClient, EventPublisher],
    };
  }
}
