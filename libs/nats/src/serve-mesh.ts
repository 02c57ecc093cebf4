import type { INestApplication } from '@nestjs/common';
import type { RpcService } from '@touchstone/contracts';
import type { ServiceContext } from '@touchstone/platform/wiring';
import type { Mesh } from './connection.js';
import { MESH, MESH_METRICS } from './mesh-module.js';
import type { MeshMetrics } from './observer.js';
import { NatsMicroServer, type NatsMicroServerOptions } from './rpc/micro-server.js';

/** How many calls of a verb run at a time. */
export type MeshLimits = Pick<NatsMicroServerOptions, 'concurrencyMaxOf'>;

/**
 * Adds the RPC server to a service that has `MeshModule`: its `@RpcHandler` methods answer on the mesh, with metrics,
 * and stop taking requests in the phase `consumers` of the shutdown.
 */
export function serveMesh(
  app: INestApplication,
  context: ServiceContext,
  service: RpcService,
  limits: MeshLimits = {},
): void {
  const { nc } = app.get<Mesh>(MESH);
  const { logger, version } = context;
  const strategy = new NatsMicroServer({
    nc,
    service,
    version,
    logger,
    metrics: app.get<MeshMetrics>(MESH_METRICS),
    ...limits,
  });
  app.connectMicroservice({ strategy });
  context.shutdown.add('consumers', `${service} RPC`, () => strategy.close());
}
