import { Watches } from '../watches.js';
import { findJob } from './find-job.js';
import type { Job, JobStore } from './job.js';

/** A job with its place in the queue; null when it is not queued. */
export interface PlacedJob {
  readonly job: Job;
  readonly position: number | null;
}

/** What {@link JobWatches} needs. */
export interface JobWatchParts {
  readonly store: Pick<JobStore, 'find' | 'position'>;
  /** Of a monotonic clock. */
  readonly nowMs: () => number;
}

/** Tells callers how their jobs get on, and come nearer to the head of the queue; `not-found` where there is none. */
export class JobWatches extends Watches<PlacedJob> {
  constructor({ store, nowMs }: JobWatchParts) {
    super({
      kind: 'job',
      find: (id) => findPlacedJob(store, id),
      stateOf: ({ job, position }) => (position === null ? job.status : `${job.status} at place ${position}`),
      isFinal: ({ job }) => job.endedAtMs !== undefined,
      nowMs,
    });
  }
}

/** @throws AppError `not-found` */
async function findPlacedJob(store: JobWatchParts['store'], id: string): Promise<PlacedJob> {
  const job = await findJob(store, id);
  return { job, position: job.status === 'queued' ? await store.position(id) : null };
}
