import { Gauge, type Registry } from 'prom-client';
import type { HealthRegistry } from './health-registry.js';

/** Registers what `/readyz` says, so that alerts need no other prober. The checks run once at each scrape. */
export function addReadinessFigures(registry: Registry, health: HealthRegistry): void {
  let running: ReturnType<HealthRegistry['readiness']> | undefined;
  const readiness = () => (running ??= health.readiness().finally(() => (running = undefined)));
  registry.registerMetric(
    new Gauge({
      name: 'touchstone_ready',
      help: '1 while the process takes traffic, 0 while a check of /readyz fails or it is going away.',
      registers: [],
      async collect() {
        this.set((await readiness()).ready ? 1 : 0);
      },
    }),
  );
  registry.registerMetric(
    new Gauge({
      name: 'touchstone_readiness_check_passed',
      help: '1 while a check of /readyz?verbose holds, else 0.',
      labelNames: ['check'],
      registers: [],
      async collect() {
        for (const { name, ok } of (await readiness()).checks) this.set({ check: name }, ok ? 1 : 0);
      },
    }),
  );
}
