import { AppError } from '@touchstone/contracts';
import type { Job, JobStore } from './job.js';

/** @throws AppError `not-found` */
export async function findJob(store: Pick<JobStore, 'find'>, id: string): Promise<Job> {
  const job = await store.find(id);
  if (job === undefined)
    throw new AppError('not-found', `There is no job ${id}; one that ended long ago is not kept.`);
  return job;
}
