import type { AddressInfo } from 'node:net';
import { dirname } from 'node:path';
import type { z } from 'zod';
import { hashDeployedCode, type BuildInfo } from '../build-info.js';
import { systemClock } from '../clock.js';
import { HealthRegistry } from '../health/health-registry.js';
import { startHealthServer } from '../health/health-server.js';
import { addReadinessFigures } from '../health/readiness-metrics.js';
import { Shutdown } from '../lifecycle/shutdown.js';
import { listenAt } from '../lifecycle/listen-error.js';
import type { Logger } from '../logging/logger.js';
import { createMetrics } from '../metrics/metrics.js';
import { otlpSpanProcessors } from '../tracing/otlp-export.js';
import { startTracing } from '../tracing/tracing.js';
import { createHttpApp, type HttpApp } from './create-http-app.js';
import type { ServiceContext } from './service-context.js';
import { platformConfig, type ServiceDefinition } from './service-definition.js';

/** A service that listens. */
export interface RunningService {
  readonly context: ServiceContext;
  readonly ports: { readonly http: number; readonly grpc?: number; readonly health: number };
  /** Shuts down in order; resolves with whether all ended well. */
  stop(reason?: string): Promise<boolean>;
}

/** Makes the parts that every command and the service itself share. */
export async function createContext<S extends z.ZodObject>(
  definition: ServiceDefinition<S>,
  config: z.output<S>,
  logger: Logger,
): Promise<ServiceContext<z.output<S>>> {
  const keys = platformConfig(config);
  const version = definition.version ?? '0.0.0';
  const folder = definition.codeFolder ?? dirname(process.argv[1] ?? '.');
  const hash = keys.TOUCHSTONE_BUILD_HASH ?? (await hashDeployedCode(folder));
  const build: BuildInfo = { service: definition.name, version, hash };
  return {
    name: definition.name,
    version,
    config,
    logger,
    metrics: createMetrics(build),
    health: new HealthRegistry(),
    shutdown: new Shutdown(logger, keys.TOUCHSTONE_SHUTDOWN_TIMEOUT_MS),
    clock: systemClock,
    build,
    listening: {},
  };
}

/**
 * Starts a service in this process and returns when every transport listens. `runService` adds the command line,
 * signals and exit codes; tests call this directly with ports of 0.
 */
export async function startService<S extends z.ZodObject>(
  definition: ServiceDefinition<S>,
  context: ServiceContext<z.output<S>>,
): Promise<RunningService> {
  const keys = platformConfig(context.config);
  const { shutdown, health, metrics, logger } = context;
  const tracing = startTracing({
    version: context.version,
    service: context.name,
    spanProcessors: await otlpSpanProcessors(keys, logger),
  });
  shutdown.add('readiness', 'readyz', () => health.startDraining());
  shutdown.add('last', 'tracing', () => tracing.shutdown());
  let listens = false;
  addReadinessFigures(metrics, health);
  health.addReadiness('listening', () => {
    if (!listens) throw new Error('The service is still starting.');
  });
  try {
    const at = (portKey: 'TOUCHSTONE_HEALTH_PORT' | 'TOUCHSTONE_GRPC_PORT' | 'TOUCHSTONE_HTTP_PORT') => ({
      host: keys.TOUCHSTONE_BIND_HOST,
      port: keys[portKey],
      portKey,
    });
    const healthAt = at('TOUCHSTONE_HEALTH_PORT');
    const healthServer = await listenAt(healthAt, () => startHealthServer({ ...healthAt, health, metrics }));
    shutdown.add('last', 'health server', () => healthServer.close());
    const http = await createHttpApp(
      context,
      await definition.module(context.config, context),
      definition.openApi,
    );
    addHttpShutdown(context, http);
    await definition.setup?.(http.app, context);
    await http.app.init();
    for (const microservice of http.app.getMicroservices()) markHooksCalled(microservice);
    await listenAt(at('TOUCHSTONE_GRPC_PORT'), () => http.app.startAllMicroservices());
    const { host, port } = at('TOUCHSTONE_HTTP_PORT');
    await listenAt(at('TOUCHSTONE_HTTP_PORT'), () => http.app.listen(port, host));
    const ports = {
      http: (http.server.address() as AddressInfo).port,
      ...(context.listening.grpc === undefined ? {} : { grpc: context.listening.grpc() }),
      health: healthServer.port,
    };
    listens = true;
    shutdown.drainFor(keys.TOUCHSTONE_DRAIN_SECONDS * 1_000);
    logger.info(ports, 'listening');
    definition.started?.(http.app, context);
    return { context, ports, stop: (reason = 'stopped') => shutdown.run(reason) };
  } catch (error) {
    // What did start must not keep the process alive or hold its ports.
    await shutdown.run('start failed');
    throw error;
  }
}

/**
 * The application ran the lifecycle hooks already; a microservice whose listeners were deferred would run them again.
 */
function markHooksCalled(microservice: object): void {
  if ('setIsInitHookCalled' in microservice && typeof microservice.setIsInitHookCalled === 'function')
    microservice.setIsInitHookCalled(true);
}

/** New connections stop first and running requests end while their dependencies still live; then the rest closes. */
function addHttpShutdown({ shutdown, health }: ServiceContext, { app, server, connections }: HttpApp): void {
  health.onDraining(() => connections.askToLeave());
  shutdown.add('in-flight', 'http requests', () => connections.leave());
  shutdown.add('servers', 'http', async () => {
    server.closeAllConnections();
    await app.close();
  });
}
