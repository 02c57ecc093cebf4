import { Counter, Gauge, type Registry } from '@touchstone/platform/observability';
import type { CallbackResult } from './domain/job/deliver-callbacks.js';
import type { JobResult } from './domain/job/run-jobs.js';

/** The figures of requests that are answered later. Those of the queue are of all gateways together. */
export class JobMetrics {
  private readonly results: Counter;
  private readonly webhooks: Counter;
  private readonly waiting: Gauge;
  private readonly oldest: Gauge;

  constructor(registry: Registry) {
    const registers = [registry];
    this.results = new Counter({
      name: 'touchstone_gateway_jobs_total',
      help: 'Attempts at jobs by result (succeeded, failed, again).',
      labelNames: ['result'],
      registers,
    });
    this.webhooks = new Counter({
      name: 'touchstone_gateway_webhooks_total',
      help: 'Attempts at webhooks by result (delivered, failed, given-up, gone, refused).',
      labelNames: ['result'],
      registers,
    });
    this.waiting = new Gauge({
      name: 'touchstone_gateway_job_queue',
      help: 'Jobs that wait, of all gateways together.',
      registers,
    });
    this.oldest = new Gauge({
      name: 'touchstone_gateway_job_oldest_waiting_seconds',
      help: 'Age of the job that waits longest; 0 when none does.',
      registers,
    });
  }

  /** One attempt at a job ended. */
  ran(result: JobResult, count = 1): void {
    this.results.inc({ result }, count);
  }

  /** One attempt at a webhook ended. */
  posted(result: CallbackResult['outcome'] | 'given-up'): void {
    this.webhooks.inc({ result });
  }

  /** The queue was looked at. */
  queued(count: number, oldestSeconds: number): void {
    this.waiting.set(count);
    this.oldest.set(oldestSeconds);
  }
}
