import type { Problem } from '@touchstone/contracts';
import type { CallbackStatus, JobStatus } from '@touchstone/contracts/http/jobs';
import type { ClaimedJob, Job } from '../domain/job/job.js';
import type { Settlement } from '../domain/payment/payment.js';

/** What is read of a job to show it. */
export const jobColumns = `id, status, model_id, created_at, started_at, ended_at, answer, settlement, problem,
  callback_status, callback_attempts, callback_failure`;

export interface JobRow {
  readonly id: string;
  readonly status: JobStatus;
  readonly model_id: string;
  readonly created_at: Date;
  readonly started_at: Date | null;
  readonly ended_at: Date | null;
  readonly answer: Buffer | null;
  readonly settlement: Settlement | null;
  readonly problem: Problem | null;
  readonly callback_status: CallbackStatus | null;
  readonly callback_attempts: number;
  readonly callback_failure: string | null;
}

export function toJob(row: JobRow): Job {
  const { id, status, callback_status: callbackStatus } = row;
  return {
    ...{ id, status, modelId: row.model_id, createdAtMs: row.created_at.getTime() },
    startedAtMs: row.started_at?.getTime(),
    endedAtMs: row.ended_at?.getTime(),
    answer: row.answer === null ? undefined : new Uint8Array(row.answer),
    settlement: row.settlement ?? undefined,
    // That of an attempt which is made again is not what became of the job.
    problem: status === 'failed' ? (row.problem ?? undefined) : undefined,
    callback:
      callbackStatus === null
        ? undefined
        : {
            status: callbackStatus,
            attempts: row.callback_attempts,
            failure: row.callback_failure ?? undefined,
          },
  };
}

/** What is read of a job to work on it. */
export const claimColumns = `id, model_id, body, target, payment_header, created_at, start_before, attempts, strikes, problem`;

export interface ClaimRow {
  readonly id: string;
  readonly model_id: string;
  readonly body: Buffer;
  readonly target: string;
  readonly payment_header: string | null;
  readonly created_at: Date;
  readonly start_before: Date;
  readonly attempts: number;
  readonly strikes: number;
  readonly problem: Problem | null;
}

export function toClaimed(row: ClaimRow): ClaimedJob {
  const { id, target, attempts, strikes } = row;
  return {
    ...{ id, target, attempts, strikes, modelId: row.model_id },
    body: new Uint8Array(row.body),
    paymentHeader: row.payment_header ?? undefined,
    createdAtMs: row.created_at.getTime(),
    startBeforeMs: row.start_before.getTime(),
    problem: row.problem ?? undefined,
  };
}
