import type { HealthRegistry } from '@touchstone/platform/observability';
import type { Shutdown } from '@touchstone/platform/runtime';
import type { Mesh } from '../connection.js';
import type { MeshLogger, MeshMetrics } from '../observer.js';
import { consumeDurableBatch, type ConsumeDurableBatchOptions } from './consume-durable-batch.js';
import { consumeDurable, type ConsumeDurableOptions } from './consume-durable.js';
import type { RunningConsumer } from './consume-options.js';

/** What {@link Consumers} needs. */
export interface ConsumersOptions {
  readonly mesh: Pick<Mesh, 'nc'>;
  readonly metrics: MeshMetrics;
  readonly logger: MeshLogger;
  readonly health: Pick<HealthRegistry, 'addReadiness'>;
  readonly shutdown: Pick<Shutdown, 'add'>;
}

type Shared = 'nc' | 'metrics' | 'logger';

/** Starts the consumers of a service: each is a check of readiness under its name, and stops first in a shutdown. */
export class Consumers {
  constructor(private readonly options: ConsumersOptions) {}

  /** One message at a time. @throws AppError as `consumeDurable` */
  async each(options: Omit<ConsumeDurableOptions, Shared>): Promise<void> {
    this.watch(options.durable, await consumeDurable({ ...options, ...this.shared() }));
  }

  /** Many messages at a time. @throws AppError as `consumeDurableBatch` */
  async batches(options: Omit<ConsumeDurableBatchOptions, Shared>): Promise<void> {
    this.watch(options.durable, await consumeDurableBatch({ ...options, ...this.shared() }));
  }

  private shared() {
    const { mesh, metrics, logger } = this.options;
    return { nc: mesh.nc, metrics, logger };
  }

  private watch(durable: string, consumer: RunningConsumer): void {
    this.options.health.addReadiness(durable, () => consumer.check());
    this.options.shutdown.add('consumers', durable, () => consumer.stop());
  }
}
