import type { Problem } from '@touchstone/contracts';
import type { CallbackStatus, JobStatus } from '@touchstone/contracts/http/jobs';
import type { Settlement } from '../payment/payment.js';

/** Jobs that may wait when nothing else is said; one more is refused. */
export const JOBS_WAITING_DEFAULT_MAX = 1_000;

/** Jobs that one gateway works on at the same time when nothing else is said. */
export const JOBS_AT_ONCE_DEFAULT_MAX = 8;

/** Milliseconds before the end of an authorisation from which on no job begins: run and settlement lie before it. */
export const JOB_SETTLEMENT_MS = 30_000;

/** Milliseconds that a job may wait for its start, whatever its payment is good for; a free one has no other end. */
export const JOB_WAIT_MAX_MS = 3_600_000;

/** Days that an ended job is kept when nothing else is said. */
export const JOB_RETENTION_DEFAULT_DAYS = 7;

/** A job as it is read. */
export interface Job {
  readonly id: string;
  readonly status: JobStatus;
  readonly modelId: string;
  readonly createdAtMs: number;
  readonly startedAtMs: number | undefined;
  readonly endedAtMs: number | undefined;
  /** The exact bytes of the answer. */
  readonly answer: Uint8Array | undefined;
  readonly settlement: Settlement | undefined;
  readonly problem: Problem | undefined;
  readonly callback:
    | { readonly status: CallbackStatus; readonly attempts: number; readonly failure: string | undefined }
    | undefined;
}

/** What a job is made of: the request as it came, which its payment is bound to. */
export interface JobRequest {
  readonly modelId: string;
  readonly body: Uint8Array;
  readonly target: string;
  readonly paymentHeader: string | undefined;
}

/** What is stored when a job is taken. */
export interface NewJob extends JobRequest {
  readonly id: string;
  /** SHA-256 of a paid request and its payment: the same one is the same job. */
  readonly requestKey: string | undefined;
  readonly createdAtMs: number;
  /** From then on it is not begun any more. */
  readonly startBeforeMs: number;
  readonly callbackUrl: string | undefined;
}

/** A job that this gateway works on. */
export interface ClaimedJob extends JobRequest {
  readonly id: string;
  readonly createdAtMs: number;
  readonly startBeforeMs: number;
  /** Attempts that failed so far. */
  readonly attempts: number;
  /** Attempts that nobody ended, or that failed in a way which an outage does not explain; this one counts. */
  readonly strikes: number;
  /** Why the newest attempt failed. */
  readonly problem: Problem | undefined;
}

/** What is known of an attempt that is made again. */
export interface FailedAttempt {
  readonly problem: Problem;
  readonly notBeforeMs: number;
  /** Whether it counts as a strike. */
  readonly isStrike: boolean;
}

/** How full the queue is. */
export interface JobsWaiting {
  readonly count: number;
  readonly oldestAtMs: number | undefined;
}

/** Keeps jobs. Every method is durable when it resolves. */
export interface JobStore {
  /** @returns the job, or the one that the request already is; `full` when so many wait */
  add(job: NewJob, waitingMax: number): Promise<Job | 'full'>;
  /** The job that a request already is, and how many wait. */
  room(
    requestKey: string | undefined,
  ): Promise<{ readonly known: Job | undefined; readonly waiting: number }>;
  find(id: string): Promise<Job | undefined>;
  /** The place of a queued job; 1 is the next. */
  position(id: string): Promise<number>;
  waiting(): Promise<JobsWaiting>;
  /** Takes jobs that are due or whose worker is gone, the oldest first; each goes to one of several that ask at once. */
  claim(claim: string, nowMs: number, untilMs: number, limit: number): Promise<readonly ClaimedJob[]>;
  renew(claim: string, untilMs: number): Promise<void>;
  /** Gives a job back, to be tried again. */
  again(id: string, claim: string, attempt: FailedAttempt): Promise<void>;
  /**
   * Stores the answer, whoever worked on it: it may be paid for, and it is the same one whoever made it. A job that
   * was taken for failed meanwhile has succeeded.
   *
   * @returns whether the job did not have it before
   */
  succeed(
    id: string,
    answer: Uint8Array,
    settlement: Settlement | undefined,
    nowMs: number,
  ): Promise<boolean>;
  /** @returns false when the claim is not held any more */
  fail(id: string, claim: string, problem: Problem, nowMs: number): Promise<boolean>;
  /** Ends a queued job. @returns whether it was queued */
  cancel(id: string, nowMs: number): Promise<boolean>;
  /** Ends queued jobs that are not begun any more. @returns how many */
  failOverdue(nowMs: number, problem: Problem): Promise<number>;
  /** Deletes jobs that ended before then. @returns how many */
  drop(endedBeforeMs: number, limit: number): Promise<number>;
}
