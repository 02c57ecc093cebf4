import type { AcceptJob } from './accept-job.js';
import type { DeliverCallbacks } from './deliver-callbacks.js';
import type { JobStore } from './job.js';
import type { RunJobs } from './run-jobs.js';

/** What can be done with jobs. */
export interface JobCalls {
  readonly store: JobStore;
  readonly accept: AcceptJob;
  readonly run: RunJobs;
  /** Undefined where no webhooks are sent. */
  readonly deliver: DeliverCallbacks | undefined;
  /** The secret of one job's webhook; undefined where none are sent. */
  readonly secretOf: (jobId: string) => string | undefined;
  /** Wakes the loop that takes jobs. */
  readonly poke: { jobs: () => void; callbacks: () => void };
}
