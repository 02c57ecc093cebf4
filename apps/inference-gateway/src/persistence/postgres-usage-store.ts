import { toBytea, withDatabase } from '@touchstone/postgres';
import type { DataSource } from 'typeorm';
import type { DayUsage, ModelStatistics, UsageQuery, UsageReader } from '../domain/market/usage.js';
import { GATEWAY_SCHEMA as schema } from './schema.js';
import { USAGE } from './usage-row.js';

/** Changes that one run adds to the totals. */
export const USAGE_CHANGES_ADDED_MAX = 5_000;

/** What is counted about answers, in PostgreSQL: totals of days, and the changes that are not added to them yet. */
export class PostgresUsageStore implements UsageReader {
  constructor(private readonly dataSource: DataSource) {}

  async statistics(modelVersionId: string): Promise<ModelStatistics | undefined> {
    const rows = await this.query<{
      calls: string;
      errors: string;
      inference_ms: number;
      registered_at: Date;
    }>(
      `SELECT m.registered_at, coalesce(sum(u.calls), 0) AS calls, coalesce(sum(u.errors), 0) AS errors,
         coalesce(sum(u.inference_ms), 0) AS inference_ms
       FROM ${schema}.models m LEFT JOIN ${USAGE} u USING (model_version_id)
       WHERE m.model_version_id = $1 GROUP BY m.registered_at`,
      [toBytea(modelVersionId)],
    );
    const [row] = rows;
    if (row === undefined) return undefined;
    const calls = Number(row.calls);
    return {
      calls,
      errors: Number(row.errors),
      averageInferenceMs: calls === 0 ? null : row.inference_ms / calls,
      sinceMs: row.registered_at.getTime(),
    };
  }

  async calls(): Promise<ReadonlyMap<string, number>> {
    const rows = await this.query<{ id: string; calls: string }>(
      `SELECT encode(model_version_id, 'hex') AS id, sum(calls) AS calls FROM ${USAGE} u GROUP BY model_version_id`,
      [],
    );
    return new Map(rows.map(({ id, calls }) => [id, Number(calls)]));
  }

  async ofDeveloper({ developer, from, to, modelId, limit }: UsageQuery): Promise<readonly DayUsage[]> {
    const rows = await this.query<{
      modelId: string;
      modelVersionId: string;
      day: string;
      bps: number;
      calls: string;
      errors: string;
      charged: string;
    }>(
      `SELECT a.model_id AS "modelId", encode(a.model_version_id, 'hex') AS "modelVersionId", u.day::text AS day,
         (a.market ->> 'revenueShareBps')::int AS bps, sum(u.calls) AS calls, sum(u.errors) AS errors,
         sum(u.charged_atomic) AS charged
       FROM ${schema}.added_models a JOIN ${schema}.models m USING (model_version_id)
       JOIN ${USAGE} u USING (model_version_id)
       WHERE a.market IS NOT NULL AND m.developer = $1 AND u.day BETWEEN $2::date AND $3::date
         AND ($4::text IS NULL OR a.model_id = $4)
       GROUP BY a.model_id, a.model_version_id, u.day, bps ORDER BY u.day, a.model_id LIMIT $5`,
      [developer, from, to, modelId ?? null, limit],
    );
    return rows.map(({ modelId: id, modelVersionId, day, bps, calls, errors, charged }) => ({
      ...{ modelId: id, modelVersionId, day, revenueShareBps: bps },
      ...{ calls: Number(calls), errors: Number(errors), chargedAtomic: BigInt(charged) },
    }));
  }

  /** Writes down runs that failed. */
  async addErrors(failed: ReadonlyMap<string, number>, nowMs: number): Promise<void> {
    await this.query(
      `INSERT INTO ${schema}.model_usage_changes (model_version_id, day, calls, errors, charged_atomic, inference_ms)
       SELECT decode(id, 'hex'), ($3::timestamptz AT TIME ZONE 'UTC')::date, 0, errors, 0, 0
       FROM unnest($1::text[], $2::bigint[]) AS row (id, errors)`,
      [[...failed.keys()], [...failed.values()], new Date(nowMs).toISOString()],
    );
  }

  /** Adds changes to the totals, in one statement, so that nobody reads one of them twice or never. @returns how many */
  async addUp(): Promise<number> {
    const rows = await this.query<{ count: number }>(
      `WITH taken AS (
         DELETE FROM ${schema}.model_usage_changes WHERE id IN (
           SELECT id FROM ${schema}.model_usage_changes ORDER BY id LIMIT ${USAGE_CHANGES_ADDED_MAX}
           FOR UPDATE SKIP LOCKED)
         RETURNING *),
       added AS (
         INSERT INTO ${schema}.model_usage AS u (model_version_id, day, calls, errors, charged_atomic, inference_ms)
         SELECT model_version_id, day, sum(calls), sum(errors), sum(charged_atomic), sum(inference_ms)
         FROM taken GROUP BY model_version_id, day ORDER BY model_version_id, day
         ON CONFLICT (model_version_id, day) DO UPDATE SET calls = u.calls + excluded.calls,
           errors = u.errors + excluded.errors, charged_atomic = u.charged_atomic + excluded.charged_atomic,
           inference_ms = u.inference_ms + excluded.inference_ms)
       SELECT count(*)::int AS count FROM taken`,
      [],
    );
    return rows[0]?.count ?? 0;
  }

  private query<Row extends object>(sql: string, parameters: unknown[]): Promise<Row[]> {
    return withDatabase(async () => (await this.dataSource.query(sql, parameters)) as Row[]);
  }
}
