import { Inject, Injectable } from '@nestjs/common';
import { AppError } from '@touchstone/contracts';
import { CLOCK, type Clock } from '@touchstone/platform/wiring';
import { findJob } from '../domain/job/find-job.js';
import type { JobCalls } from '../domain/job/job-calls.js';
import type { Job } from '../domain/job/job.js';
import { JOB_CALLS } from '../tokens.js';

/** Finds and cancels jobs, whatever the interface. */
@Injectable()
export class FoundJobs {
  constructor(
    @Inject(JOB_CALLS) private readonly calls: JobCalls,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** @throws AppError `not-found` */
  find(id: string): Promise<Job> {
    return findJob(this.calls.store, id);
  }

  /** Again, it gives the same job. @throws AppError `not-found`, or `conflict` for one that was begun */
  async cancel(id: string): Promise<Job> {
    const { store, poke } = this.calls;
    const cancelled = await store.cancel(id, this.clock.nowMs());
    const job = await this.find(id);
    if (job.status !== 'cancelled')
      throw new AppError('conflict', `The job cannot be cancelled: it is ${job.status}.`);
    if (cancelled) poke.callbacks();
    return job;
  }

  /** Its place in the queue; null when it is not queued. */
  async position(job: Job): Promise<number | null> {
    return job.status === 'queued' ? this.calls.store.position(job.id) : null;
  }
}
