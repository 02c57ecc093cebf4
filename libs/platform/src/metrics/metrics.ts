import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { BuildInfo } from '../build-info.js';
import { token } from '../service/provide.js';

/** Injection token of the process's prom-client `Registry`. */
export const METRICS = token<Registry>('Metrics');

/** Makes the registry of a process: label `service` on everything, Node's own figures, `touchstone_build_info`. */
export function createMetrics(build: BuildInfo, options: { defaultMetrics?: boolean } = {}): Registry {
  const registry = new Registry();
  registry.setDefaultLabels({ service: build.service });
  if (options.defaultMetrics !== false) collectDefaultMetrics({ register: registry });
  new Gauge({
    name: 'touchstone_build_info',
    help: 'Always 1; the labels name the running build.',
    labelNames: ['version', 'hash'],
    registers: [registry],
  }).set({ version: build.version, hash: build.hash }, 1);
  return registry;
}

/** The one metrics library, for libraries that register their figures beside the platform's. */
export { Counter, Gauge, Histogram, Registry } from 'prom-client';
