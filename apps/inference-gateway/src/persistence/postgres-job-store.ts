import type { Problem } from '@touchstone/contracts';
import { lockInTransaction, toBytea, withDatabase } from '@touchstone/postgres';
import type { DataSource } from 'typeorm';
import type { CallbackResult, CallbackStore, DueCallback } from '../domain/job/deliver-callbacks.js';
import type { ClaimedJob, FailedAttempt, Job, JobStore, JobsWaiting, NewJob } from '../domain/job/job.js';
import type { Settlement } from '../domain/payment/payment.js';
import { claimColumns, jobColumns, toClaimed, toJob, type ClaimRow, type JobRow } from './job-row.js';
import { timeText } from './proof-row.js';
import { GATEWAY_SCHEMA as schema } from './schema.js';

/** What every end of a job has in common; $1 is its id, $2 the time. */
const ENDED = `ended_at = $2, body = NULL, payment_header = NULL, claim = NULL, callback_due_at = $2,
  callback_attempts = 0, callback_failure = NULL,
  callback_status = CASE WHEN callback_url IS NULL THEN NULL ELSE 'waiting' END`;

/** Jobs in PostgreSQL, which is their queue as well: what is taken, paid and answered is one record. */
export class PostgresJobStore implements JobStore, CallbackStore {
  constructor(private readonly dataSource: DataSource) {}

  add(job: NewJob, waitingMax: number): Promise<Job | 'full'> {
    return withDatabase(() =>
      this.dataSource.transaction(async (manager) => {
        // A statement of its own: what the next one reads begins when the lock is held.
        await lockInTransaction(manager, 'job-additions', schema);
        const [row] = (await manager.query(
          `WITH known AS (SELECT ${jobColumns} FROM ${schema}.jobs WHERE request_key = $6),
             added AS (INSERT INTO ${schema}.jobs (id, status, model_id, body, target, payment_header, request_key,
                 created_at, start_before, due_at, callback_url, callback_status)
               SELECT $1::uuid, 'queued', $2, $3, $4, $5, $6, $7::timestamptz, $8::timestamptz, $7::timestamptz, $9::text,
                 CASE WHEN $9::text IS NULL THEN NULL ELSE 'waiting' END
               WHERE NOT EXISTS (SELECT FROM known)
                 AND (SELECT count(*) FROM ${schema}.jobs WHERE status = 'queued') < $10::int
               RETURNING ${jobColumns})
           SELECT * FROM known UNION ALL SELECT * FROM added`,
          [
            ...[job.id, job.modelId, Buffer.from(job.body), job.target, job.paymentHeader ?? null],
            job.requestKey === undefined ? null : toBytea(job.requestKey),
            ...[timeText(job.createdAtMs), timeText(job.startBeforeMs), job.callbackUrl ?? null, waitingMax],
          ],
        )) as JobRow[];
        return row === undefined ? 'full' : toJob(row);
      }),
    );
  }

  async room(requestKey: string | undefined): Promise<{ known: Job | undefined; waiting: number }> {
    const [row] = await this.read<{ waiting: number } & (JobRow | { id: null })>(
      `SELECT waiting.count::int AS waiting, known.*
       FROM (SELECT count(*) FROM ${schema}.jobs WHERE status = 'queued') waiting
       LEFT JOIN (SELECT ${jobColumns} FROM ${schema}.jobs WHERE request_key = $1) known ON true`,
      [requestKey === undefined ? null : toBytea(requestKey)],
    );
    const known = row === undefined || row.id === null ? undefined : toJob(row);
    return { known, waiting: row?.waiting ?? 0 };
  }

  async find(id: string): Promise<Job | undefined> {
    const [row] = await this.read<JobRow>(`SELECT ${jobColumns} FROM ${schema}.jobs WHERE id = $1`, [id]);
    return row && toJob(row);
  }

  async position(id: string): Promise<number> {
    const [row] = await this.read<{ count: number }>(
      `SELECT count(*)::int AS count FROM ${schema}.jobs WHERE status = 'queued' AND id < $1`,
      [id],
    );
    return 1 + (row?.count ?? 0);
  }

  async waiting(): Promise<JobsWaiting> {
    const [row] = await this.read<{ count: number; oldest: Date | null }>(
      `SELECT count(*)::int AS count, min(created_at) AS oldest FROM ${schema}.jobs WHERE status = 'queued'`,
    );
    return { count: row?.count ?? 0, oldestAtMs: row?.oldest?.getTime() };
  }

  async claim(claim: string, nowMs: number, untilMs: number, limit: number): Promise<readonly ClaimedJob[]> {
    const rows = await this.write<ClaimRow>(
      `UPDATE ${schema}.jobs SET status = 'running', claim = $1, due_at = $3, strikes = strikes + 1,
         started_at = coalesce(started_at, $2)
       WHERE id IN (SELECT id FROM ${schema}.jobs WHERE status IN ('queued', 'running') AND due_at <= $2
         ORDER BY id LIMIT $4 FOR UPDATE SKIP LOCKED)
       RETURNING ${claimColumns}`,
      [claim, timeText(nowMs), timeText(untilMs), limit],
    );
    return rows.map(toClaimed).sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  async renew(claim: string, untilMs: number): Promise<void> {
    await this.write(`UPDATE ${schema}.jobs SET due_at = $2 WHERE claim = $1 AND status = 'running'`, [
      claim,
      timeText(untilMs),
    ]);
  }

  async again(id: string, claim: string, { problem, notBeforeMs, isStrike }: FailedAttempt): Promise<void> {
    await this.write(
      `UPDATE ${schema}.jobs SET claim = NULL, due_at = $3, problem = $4, attempts = attempts + 1,
         strikes = strikes - $5::int
       WHERE id = $1 AND claim = $2 AND status = 'running'`,
      [id, claim, timeText(notBeforeMs), JSON.stringify(problem), isStrike ? 0 : 1],
    );
  }

  async succeed(
    id: string,
    answer: Uint8Array,
    settlement: Settlement | undefined,
    nowMs: number,
  ): Promise<boolean> {
    const rows = await this.write(
      `UPDATE ${schema}.jobs SET status = 'succeeded', answer = $3, settlement = $4, problem = NULL, ${ENDED}
       WHERE id = $1 AND status <> 'succeeded' RETURNING id`,
      [
        ...[id, timeText(nowMs), Buffer.from(answer)],
        settlement === undefined ? null : JSON.stringify(settlement),
      ],
    );
    return rows.length > 0;
  }

  async fail(id: string, claim: string, problem: Problem, nowMs: number): Promise<boolean> {
    const rows = await this.write(
      `UPDATE ${schema}.jobs SET status = 'failed', problem = $4, ${ENDED}
       WHERE id = $1 AND claim = $3 AND status = 'running' RETURNING id`,
      [id, timeText(nowMs), claim, JSON.stringify(problem)],
    );
    return rows.length > 0;
  }

  async cancel(id: string, nowMs: number): Promise<boolean> {
    const rows = await this.write(
      `UPDATE ${schema}.jobs SET status = 'cancelled', ${ENDED} WHERE id = $1 AND status = 'queued' RETURNING id`,
      [id, timeText(nowMs)],
    );
    return rows.length > 0;
  }

  async failOverdue(nowMs: number, problem: Problem): Promise<number> {
    const rows = await this.write(
      `UPDATE ${schema}.jobs SET status = 'failed', problem = $1, ${ENDED}
       WHERE status = 'queued' AND start_before <= $2 RETURNING id`,
      [JSON.stringify(problem), timeText(nowMs)],
    );
    return rows.length;
  }

  async drop(endedBeforeMs: number, limit: number): Promise<number> {
    const rows = await this.write(
      `DELETE FROM ${schema}.jobs WHERE id IN (SELECT id FROM ${schema}.jobs
         WHERE ended_at < $1 ORDER BY ended_at LIMIT $2) RETURNING id`,
      [timeText(endedBeforeMs), limit],
    );
    return rows.length;
  }

  async claimCallbacks(nowMs: number, untilMs: number, limit: number): Promise<readonly DueCallback[]> {
    const rows = await this.write<JobRow & { callback_url: string }>(
      `UPDATE ${schema}.jobs SET callback_due_at = $2 WHERE id IN (SELECT id FROM ${schema}.jobs
         WHERE callback_status = 'waiting' AND callback_due_at <= $1
         ORDER BY callback_due_at LIMIT $3 FOR UPDATE SKIP LOCKED)
       RETURNING ${jobColumns}, callback_url`,
      [timeText(nowMs), timeText(untilMs), limit],
    );
    return rows.map((row) => ({
      job: toJob(row),
      url: row.callback_url,
      attempts: row.callback_attempts,
    }));
  }

  async endCallback(
    { job }: DueCallback,
    result: CallbackResult,
    nextAtMs: number | undefined,
  ): Promise<void> {
    const { outcome } = result;
    const status = outcome === 'delivered' ? 'delivered' : nextAtMs === undefined ? 'given-up' : 'waiting';
    // Of a job that ended another way meanwhile, the other end is still to be told.
    await this.write(
      `UPDATE ${schema}.jobs SET callback_status = $3, callback_failure = $4, callback_attempts = callback_attempts + 1,
         callback_due_at = coalesce($5::timestamptz, callback_due_at)
       WHERE id = $1 AND status = $2 AND callback_status = 'waiting'`,
      [
        ...[job.id, job.status, status],
        'failure' in result ? result.failure : null,
        nextAtMs === undefined ? null : timeText(nextAtMs),
      ],
    );
  }

  private read<T>(sql: string, parameters: unknown[] = []): Promise<T[]> {
    return withDatabase(() => this.dataSource.query(sql, parameters)) as Promise<T[]>;
  }

  /** What a change returns, in one row for each that it changed. */
  private async write<T = unknown>(sql: string, parameters: unknown[]): Promise<T[]> {
    const [rows] = (await withDatabase(() => this.dataSource.query(sql, parameters))) as [T[], number];
    return rows;
  }
}
