import type { SeedJob } from '@touchstone/contracts/http/seed-records';
import type { Job } from '../../../domain/job/job.js';
import type { Links } from '../../links.js';
import { presentAccepted } from '../../present-job.js';
import { seedAnswerText } from './seed-answer.js';
import { seedErrorOf } from './seed-errors.js';

/** A job that was taken. @param secret what its webhook is signed by */
export function acceptedSeedJobText(job: Job, secret: string | undefined, links: Links): string {
  const { webhookSecret } = presentAccepted(job, secret, links);
  return seedJobText(job, null, links, webhookSecret);
}

/** The text of a job. @param position its place in the queue; null when it is not queued */
export function seedJobText(job: Job, position: number | null, links: Links, webhookSecret?: string): string {
  const before: Pick<SeedJob, 'success' | 'jobId' | 'status' | 'progress'> = {
    success: true,
    jobId: job.id,
    status: job.status,
    progress: position === null ? null : { position },
  };
  const after: Pick<SeedJob, 'error' | 'webhookSecret' | 'statusUrl'> = {
    error: job.problem === undefined ? null : seedErrorOf(job.problem),
    ...(webhookSecret === undefined ? {} : { webhookSecret }),
    statusUrl: links.seedJob(job.id),
  };
  const result = job.answer === undefined ? 'null' : seedAnswerText(job.answer, job.settlement, true);
  return `${JSON.stringify(before).slice(0, -1)},"result":${result},${JSON.stringify(after).slice(1)}`;
}
