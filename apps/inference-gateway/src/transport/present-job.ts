import type { AcceptedJob, JobAnswer } from '@touchstone/contracts/http/jobs';
import type { Job } from '../domain/job/job.js';
import type { Links } from './links.js';

/** A job that was taken, or is known. @param secret what its webhook is signed by */
export function presentAccepted(job: Job, secret: string | undefined, links: Links): AcceptedJob {
  const isOpen = job.endedAtMs === undefined;
  return {
    jobId: job.id,
    status: job.status,
    // A payment becomes public with its settlement: whoever brings it from then on need not be who paid.
    ...(isOpen && job.callback !== undefined && secret !== undefined ? { webhookSecret: secret } : {}),
    links: { job: links.job(job.id) },
  };
}

/**
 * The text of a job. Its answer is in it byte for byte, since reading and writing it again would change numbers (−0).
 *
 * @param position its place in the queue; null when it is not queued
 */
export function jobText(job: Job, position: number | null, links: Links): string {
  const before: Pick<
    JobAnswer,
    'jobId' | 'status' | 'model' | 'createdAt' | 'startedAt' | 'endedAt' | 'progress'
  > = {
    jobId: job.id,
    status: job.status,
    model: { id: job.modelId },
    createdAt: timeOf(job.createdAtMs),
    startedAt: job.startedAtMs === undefined ? null : timeOf(job.startedAtMs),
    endedAt: job.endedAtMs === undefined ? null : timeOf(job.endedAtMs),
    progress: position === null ? null : { position },
  };
  const after = {
    settlement: job.settlement ?? null,
    problem: job.problem ?? null,
    callback: job.callback === undefined ? null : { ...job.callback, failure: job.callback.failure ?? null },
    links: { job: links.job(job.id) },
  };
  const answer = job.answer === undefined ? 'null' : new TextDecoder().decode(job.answer);
  return `${JSON.stringify(before).slice(0, -1)},"answer":${answer},${JSON.stringify(after).slice(1)}`;
}

/** A time on the wire. */
export function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}
