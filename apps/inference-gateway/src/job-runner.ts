import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { SERVICE_CONTEXT, type ServiceContext } from '@touchstone/platform/wiring';
import { Loop, type LoopOptions } from '@touchstone/work';
import type { Config } from './config.js';
import type { JobCalls } from './domain/job/job-calls.js';
import { JOB_RENEWAL_INTERVAL_MS, overdueProblem } from './domain/job/run-jobs.js';
import { JobMetrics } from './job-metrics.js';
import { JOB_CALLS } from './tokens.js';

/** Milliseconds between two looks for jobs and webhooks that another gateway took, or that are tried again. */
export const JOB_LOOK_INTERVAL_MS = 1_000;

/** Milliseconds between two looks at the queue, for its figures and for jobs that are over. */
export const JOB_SWEEP_INTERVAL_MS = 5_000;

/** Ended jobs that one look deletes. */
export const JOBS_DROPPED_AT_ONCE_MAX = 500;

const DAY_MS = 86_400_000;

/** What runs beside the requests for those that are answered later. */
@Injectable()
export class JobRunner implements OnApplicationBootstrap {
  constructor(
    @Inject(SERVICE_CONTEXT) private readonly context: ServiceContext<Config>,
    @Inject(JOB_CALLS) private readonly calls: JobCalls,
    @Inject(JobMetrics) private readonly metrics: JobMetrics,
  ) {}

  onApplicationBootstrap(): void {
    const { run, deliver, poke } = this.calls;
    const { shutdown } = this.context;
    const taking = this.repeat('jobs', 'jobs could not be taken', () => run.take(), JOB_LOOK_INTERVAL_MS);
    poke.jobs = () => taking.poke();
    const renewing = this.repeat(
      'leases of jobs',
      'leases of jobs could not be renewed',
      () => run.renew(),
      JOB_RENEWAL_INTERVAL_MS,
    );
    const sweeping = this.repeat(
      'job queue',
      'the queue of jobs could not be looked at',
      () => this.sweep(),
      JOB_SWEEP_INTERVAL_MS,
    );
    shutdown.add('consumers', 'jobs', async () => {
      await Promise.all([taking.stop(), sweeping.stop()]);
    });
    // What another gateway would have to do again ends here first, and is held until then.
    shutdown.add('in-flight', 'jobs', async () => {
      await run.stop();
      await renewing.stop();
    });
    if (deliver === undefined) return;
    const calling = this.repeat(
      'webhooks',
      'webhooks could not be delivered',
      () => deliver.run(),
      JOB_LOOK_INTERVAL_MS,
    );
    poke.callbacks = () => calling.poke();
    // An attempt under way is not waited for: it is made again.
    shutdown.add('consumers', 'webhooks', () => void calling.stop());
  }

  private async sweep(): Promise<number | undefined> {
    const { store } = this.calls;
    const { clock, config } = this.context;
    const nowMs = clock.nowMs();
    this.metrics.ran('failed', await store.failOverdue(nowMs, overdueProblem()));
    const { count, oldestAtMs } = await store.waiting();
    this.metrics.queued(count, oldestAtMs === undefined ? 0 : Math.max(0, nowMs - oldestAtMs) / 1_000);
    const dropped = await store.drop(
      nowMs - config.TOUCHSTONE_JOB_RETENTION_DAYS * DAY_MS,
      JOBS_DROPPED_AT_ONCE_MAX,
    );
    return dropped === JOBS_DROPPED_AT_ONCE_MAX ? 0 : undefined;
  }

  private repeat(part: string, failure: string, run: LoopOptions['run'], pollMs: number): Loop {
    const { logger } = this.context;
    const onFailure = (error: unknown): void => logger.warn({ part, err: error }, failure);
    const loop = new Loop({ run, pollMs, onFailure });
    loop.start();
    return loop;
  }
}
