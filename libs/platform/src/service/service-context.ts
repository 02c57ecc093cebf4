import type { Registry } from 'prom-client';
import type { BuildInfo } from '../build-info.js';
import type { Clock } from '../clock.js';
import type { HealthRegistry } from '../health/health-registry.js';
import type { Shutdown } from '../lifecycle/shutdown.js';
import type { Logger } from '../logging/logger.js';
import { token } from './provide.js';

/** What the platform gives to a service while it starts. All parts but `config` can also be injected. */
export interface ServiceContext<C = unknown> {
  readonly name: string;
  readonly version: string;
  readonly config: C;
  readonly logger: Logger;
  readonly metrics: Registry;
  readonly health: HealthRegistry;
  readonly shutdown: Shutdown;
  readonly clock: Clock;
  readonly build: BuildInfo;
  /** Ports of further transports for the `listening` line; filled while the service starts. */
  readonly listening: { grpc?: () => number };
}

/** Injection token of the parsed configuration. */
export const CONFIG = token<unknown>('Config');
/** Injection token of the {@link ServiceContext}. */
export const SERVICE_CONTEXT = token<ServiceContext>('ServiceContext');
