import { AppError, toProblem, type ErrorCode } from '@touchstone/contracts';
import type { InferCall, InferModel } from '../inference/infer-model.js';
import type { Reply } from '../payment/reply.js';
import type { ClaimedJob, JobRequest, JobStore } from './job.js';

/** Milliseconds after the newest renewal that a job is held, before another gateway may take it. */
export const JOB_LEASE_MS = 15_000;

/** Milliseconds between two renewals; a small part of the lease, since renewals may be lost. */
export const JOB_RENEWAL_INTERVAL_MS = 3_000;

/** Milliseconds before a job is tried a second time; doubles with each attempt, up to the last one. */
export const JOB_PAUSE_FIRST_MS = 1_000;
export const JOB_PAUSE_LAST_MS = 15_000;

/** Attempts that nobody ended, or that failed by themselves; after so many a job has failed. */
export const JOB_STRIKES_MAX = 3;

/** Milliseconds after which a job has failed whatever became of it. */
export const JOB_AGE_MAX_MS = 86_400_000;

/** Codes of failures that time heals; the others that may be tried again are strikes. */
const outages: ReadonlySet<ErrorCode> = new Set([
  'dependency-unavailable',
  'node-blocked',
  'payment-in-flight',
  'queue-full',
  'rate-limited',
  'settlement-pending',
]);

/** How a job ended, or that it is tried again. */
export type JobResult = 'succeeded' | 'failed' | 'again';

/** What is read of a body. */
type CallBody = Pick<InferCall, 'request' | 'body' | 'bodyDigest' | 'inputsOf'>;

/** What {@link RunJobs} needs. */
export interface RunJobsParts {
  readonly store: JobStore;
  readonly infer: Pick<InferModel, 'resume' | 'infer'>;
  /** Reads the body of a request that was taken. @throws AppError when this version does not take it any more */
  readonly read: (job: JobRequest) => Promise<CallBody>;
  readonly atOnceMax: number;
  readonly nowMs: () => number;
  /** A claim is of one process: nobody else renews it. */
  readonly claim: string;
  readonly onResult: (result: JobResult) => void;
  /** What could not be stored about a job; its lease runs out, and it is taken again. */
  readonly onError: (error: unknown) => void;
  /** There is room for another job, or one is due soon. */
  readonly onFree: () => void;
}

/**
 * Works on jobs by the way of the call itself: what is reserved, stored, settled and told is decided there. A job is held
 * by a lease. That nothing happens twice does not rest on it: an answer is stored once for its payment, and settled once.
 */
export class RunJobs {
  private readonly running = new Map<string, Promise<void>>();
  private stopping = false;

  constructor(private readonly parts: RunJobsParts) {}

  /** Takes as many jobs as there is room for and begins them. @returns 0 when there may be more */
  async take(): Promise<number | undefined> {
    const { store, nowMs, atOnceMax, claim } = this.parts;
    const room = this.stopping ? 0 : atOnceMax - this.running.size;
    if (room <= 0) return undefined;
    const jobs = await store.claim(claim, nowMs(), nowMs() + JOB_LEASE_MS, room);
    for (const job of jobs) this.begin(job);
    return jobs.length === room ? 0 : undefined;
  }

  /** Says that the jobs under way still are. */
  async renew(): Promise<void> {
    const { store, nowMs, claim } = this.parts;
    if (this.running.size > 0) await store.renew(claim, nowMs() + JOB_LEASE_MS);
  }

  /** Takes no more, and waits for those under way. */
  async stop(): Promise<void> {
    this.stopping = true;
    await Promise.all(this.running.values());
  }

  private begin(job: ClaimedJob): void {
    const { onResult, onError, onFree } = this.parts;
    // A job whose lease ran out while the database was away may come back to the process that still works on it.
    if (this.running.has(job.id)) return;
    const work = this.run(job)
      .then(onResult, onError)
      .finally(() => {
        this.running.delete(job.id);
        onFree();
      });
    this.running.set(job.id, work);
  }

  private async run(job: ClaimedJob): Promise<JobResult> {
    const { infer, read, nowMs } = this.parts;
    try {
      const call: InferCall = { ...job, ...(await read(job)), method: 'POST' };
      const earlier = await infer.resume(call);
      if (earlier !== undefined) return await this.replied(job, earlier);
      // Given up here alone: no answer is stored now, so nothing was and nothing will be charged.
      const problem = givenUp(job, nowMs());
      if (problem !== undefined) return await this.failed(job, problem);
      return await this.replied(job, await infer.infer(call));
    } catch (error) {
      return this.refused(job, error);
    }
  }

  private async replied(job: ClaimedJob, reply: Reply): Promise<JobResult> {
    if (reply.kind === 'pending') return this.refused(job, new AppError('settlement-pending', reply.message));
    await this.parts.store.succeed(job.id, reply.body, reply.settlement, this.parts.nowMs());
    return 'succeeded';
  }

  private async refused(job: ClaimedJob, error: unknown): Promise<JobResult> {
    const { store, nowMs, claim } = this.parts;
    const problem = toProblem(error);
    if (!problem.retryable || nowMs() - job.createdAtMs >= JOB_AGE_MAX_MS) return this.failed(job, problem);
    const asked = error instanceof AppError ? (error.retryAfterSeconds ?? 0) * 1_000 : 0;
    const pauseMs = Math.max(asked, JOB_PAUSE_FIRST_MS * 2 ** Math.min(job.attempts, 10));
    await store.again(job.id, claim, {
      problem,
      notBeforeMs: nowMs() + Math.min(pauseMs, JOB_PAUSE_LAST_MS),
      isStrike: !outages.has(problem.code),
    });
    return 'again';
  }

  private async failed(job: ClaimedJob, problem: ReturnType<typeof toProblem>): Promise<JobResult> {
    const { store, nowMs, claim } = this.parts;
    const isHeld = await store.fail(job.id, claim, problem, nowMs());
    return isHeld ? 'failed' : 'again';
  }
}

/** Why a job without an answer is not tried any more. */
function givenUp(job: ClaimedJob, nowMs: number): ReturnType<typeof toProblem> | undefined {
  if (job.strikes > JOB_STRIKES_MAX)
    return (
      job.problem ??
      toProblem(
        new AppError(
          'internal',
          `The job was begun ${JOB_STRIKES_MAX} times and never ended; nothing was charged.`,
        ),
      )
    );
  if (nowMs < job.startBeforeMs) return undefined;
  return overdueProblem(job.problem?.detail);
}

/** Why a job that was not begun in time has failed. */
export function overdueProblem(newest?: string): ReturnType<typeof toProblem> {
  const why = newest === undefined ? '' : ` The newest attempt: ${newest}`;
  return toProblem(
    new AppError(
      'timeout',
      `The job could not be begun while its payment was good; nothing was charged.${why}`,
    ),
  );
}
