import { Gauge, type Registry } from 'prom-client';
import type { BodyBudget } from './body-budget.js';

/** Shows how much of a budget for bodies is taken. */
export function addBodyFigures(registry: Registry, budget: BodyBudget): void {
  registry.registerMetric(
    new Gauge({
      name: 'touchstone_http_body_bytes',
      help: 'Bytes of the request bodies that are under way, as far as they are announced or have come.',
      registers: [],
      collect() {
        this.set(budget.inFlight);
      },
    }),
  );
}
