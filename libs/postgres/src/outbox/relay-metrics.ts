import { Counter, Gauge, Histogram, type Registry } from '@touchstone/platform/observability';
import type { DataSource } from 'typeorm';
import { connectionOf } from '../data-source.js';

/** The figures of a relay. */
export class RelayMetrics {
  readonly published: Counter;
  readonly failures: Counter;
  readonly again: Counter;
  readonly setAside: Counter;
  readonly delay: Histogram;
  readonly active: Gauge;

  constructor(registry: Registry, dataSource: DataSource) {
    const registers = [registry];
    this.published = new Counter({
      name: 'touchstone_outbox_published_total',
      help: 'Events that the relay published.',
      registers,
    });
    this.failures = new Counter({
      name: 'touchstone_outbox_publish_failures_total',
      help: 'Publishes that failed and are tried again.',
      registers,
    });
    this.again = new Counter({
      name: 'touchstone_outbox_published_again_total',
      help: 'Published events that are published again because their stream lost them or may have.',
      registers,
    });
    this.setAside = new Counter({
      name: 'touchstone_outbox_set_aside_total',
      help: 'Events that can never be published and went to the dead letters; must be 0.',
      registers,
    });
    this.delay = new Histogram({
      name: 'touchstone_outbox_delay_seconds',
      help: 'Time from the insert of an event until the bus acknowledged it.',
      buckets: [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5, 30, 300],
      registers,
    });
    this.active = new Gauge({
      name: 'touchstone_outbox_relay_active',
      help: '1 in the process whose relay is the active one of the schema.',
      registers,
    });
    this.addBacklog(registry, dataSource);
  }

  private addBacklog(registry: Registry, dataSource: DataSource): void {
    const { schema } = connectionOf(dataSource);
    const oldest = new Gauge({
      name: 'touchstone_outbox_oldest_age_seconds',
      help: 'Age of the oldest event that is not published; 0 when there is none.',
      registers: [],
    });
    registry.registerMetric(oldest);
    const pending = new Gauge({
      name: 'touchstone_outbox_pending',
      help: 'Events that are not published.',
      registers: [],
      // One query for both at the time of a scrape; a database that does not answer leaves the last figures.
      collect: async () => {
        try {
          const [row] = (await dataSource.query(
            `SELECT count(*)::int AS pending,
                    coalesce(extract(epoch FROM clock_timestamp() - min(created_at)), 0)::float8 AS age
             FROM ${schema}.outbox WHERE published_at IS NULL`,
          )) as [{ pending: number; age: number }];
          pending.set(row.pending);
          oldest.set(row.age);
        } catch {
          return;
        }
      },
    });
    registry.registerMetric(pending);
  }
}
