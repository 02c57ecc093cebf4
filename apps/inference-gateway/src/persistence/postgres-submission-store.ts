import type { SubmissionState } from '@touchstone/contracts/http/submission-states';
import { lockInTransaction, toBytea, withDatabase } from '@touchstone/postgres';
import type { DataSource, EntityManager } from 'typeorm';
import {
  OPERATOR,
  VALIDATION,
  type Approved,
  type Change,
  type ClaimedSubmission,
  type NewSubmission,
  submitted,
  type Standing,
  type Submission,
  type SubmissionLimits,
  type SubmissionManifest,
  type SubmissionStore,
  type Taken,
  type Verdict,
} from '../domain/market/submission.js';
import type { ModelTensors } from '../domain/model/manifest-of-added.js';
import type { Model } from '../domain/model/model.js';
import type { ReceivedFile } from '../domain/model/model-files.js';
import { insertAdded, isFull, withFreeId } from './added-model-row.js';
import { dropPieces, readPieces, storePieces } from './file-pieces.js';
import { insertModelChange } from './model-row.js';
import { timeText } from './proof-row.js';
import { GATEWAY_SCHEMA as schema } from './schema.js';
import {
  insertSubmission,
  insertSubmissionChange,
  nameStanding,
  submissionColumns,
  submissionStanding,
  toSubmission,
  type SubmissionRow,
} from './submission-row.js';

const REVIEWED_ONCE = `state = 'awaiting-review'`;

/** Submissions in PostgreSQL, the files beside them in pieces under their ids, and a line for each change of a state. */
export class PostgresSubmissionStore implements SubmissionStore {
  constructor(private readonly dataSource: DataSource) {}

  findByDigest(digest: string): Promise<Submission | undefined> {
    return withDatabase(() => findWhere(this.dataSource.manager, 'digest = $1', toBytea(digest)));
  }

  find(id: string): Promise<Submission | undefined> {
    return withDatabase(() => findWhere(this.dataSource.manager, 'id = $1', id));
  }

  async history(id: string): Promise<readonly Change[]> {
    const rows = await this.query<Omit<Change, 'atMs'> & { at: Date }>(
      `SELECT at, by, from_state AS "from", to_state AS "to", reason FROM ${schema}.submission_changes
       WHERE submission_id = $1 ORDER BY id`,
      [id],
    );
    return rows.map(({ at, ...change }) => ({ ...change, atMs: at.getTime() }));
  }

  standing(
    developer: string,
    manifest: Pick<SubmissionManifest, 'name' | 'version'>,
    limits: SubmissionLimits,
  ): Promise<Standing> {
    return withDatabase(() => submissionStanding(this.dataSource.manager, developer, manifest, limits));
  }

  add(
    submission: NewSubmission,
    file: ReceivedFile,
    limits: SubmissionLimits,
  ): Promise<Taken | { readonly known: Submission }> {
    const { id, digest, developer, manifest } = submission;
    return this.transaction(async (manager) => {
      // Before the lock, which would be held for as long as a large file takes.
      await storePieces(manager, id, file);
      await lockInTransaction(manager, 'submissions', schema);
      const known = await findWhere(manager, 'digest = $1', toBytea(digest));
      const standing = known ? { known } : await submissionStanding(manager, developer, manifest, limits);
      if (standing !== undefined) {
        await dropPieces(manager, id);
        return standing;
      }
      await insertSubmission(manager, submission);
      await insertSubmissionChange(manager, id, submitted(submission));
      return 'added' as const;
    });
  }

  async list(query: {
    limit: number;
    after?: string | undefined;
    state?: SubmissionState | undefined;
    developer?: string | undefined;
  }): Promise<readonly Submission[]> {
    const rows = await this.query<SubmissionRow>(
      `SELECT ${submissionColumns} FROM ${schema}.submissions
       WHERE ($1::uuid IS NULL OR id < $1) AND ($2::text IS NULL OR state = $2) AND ($3::text IS NULL OR developer = $3)
       ORDER BY id DESC LIMIT $4`,
      [query.after ?? null, query.state ?? null, query.developer ?? null, query.limit],
    );
    return rows.map(toSubmission);
  }

  claim(claim: string, nowMs: number, untilMs: number): Promise<ClaimedSubmission | undefined> {
    return this.transaction(async (manager) => {
      const [due] = (await manager.query(
        `SELECT id, state, test_cases FROM ${schema}.submissions
         WHERE state IN ('submitted', 'validating') AND due_at <= $1
         ORDER BY due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED`,
        [timeText(nowMs)],
      )) as { id: string; state: SubmissionState; test_cases: Buffer }[];
      if (due === undefined) return undefined;
      const [[row]] = (await manager.query(
        `UPDATE ${schema}.submissions SET state = 'validating', claim = $2, due_at = $3, strikes = strikes + 1
         WHERE id = $1 RETURNING strikes, ${submissionColumns}`,
        [due.id, claim, timeText(untilMs)],
      )) as [(SubmissionRow & { strikes: number })[], number];
      await insertSubmissionChange(manager, due.id, {
        ...{ atMs: nowMs, by: VALIDATION, from: due.state, to: 'validating', reason: null },
      });
      return row && { ...toSubmission(row), strikes: row.strikes, testCases: due.test_cases };
    });
  }

  async renew(claim: string, untilMs: number): Promise<void> {
    await this.query(
      `UPDATE ${schema}.submissions SET due_at = $2 WHERE claim = $1 AND state = 'validating'`,
      [claim, timeText(untilMs)],
    );
  }

  async again(id: string, claim: string, notBeforeMs: number, isStrike: boolean): Promise<void> {
    await this.query(
      `UPDATE ${schema}.submissions SET due_at = $3, strikes = strikes - $4::int, claim = NULL
       WHERE id = $1 AND claim = $2 AND state = 'validating'`,
      [id, claim, timeText(notBeforeMs), isStrike ? 0 : 1],
    );
  }

  decide(id: string, claim: string, verdict: Verdict, nowMs: number): Promise<boolean> {
    return this.transaction(async (manager) => {
      const reason = verdict.state === 'refused' ? verdict.reason : null;
      const tensors = verdict.state === 'refused' ? null : JSON.stringify(verdict.tensors);
      const [, count] = (await manager.query(
        `UPDATE ${schema}.submissions SET state = $3, reason = $4, tensors = $5, claim = NULL
         WHERE id = $1 AND claim = $2 AND state = 'validating'`,
        [id, claim, verdict.state, reason, tensors],
      )) as [unknown, number];
      if (count === 0) return false;
      await insertSubmissionChange(manager, id, {
        ...{ atMs: nowMs, by: VALIDATION, from: 'validating', to: verdict.state, reason },
      });
      if (reason !== null) await letGo(manager, id);
      return true;
    });
  }

  pieces(id: string): AsyncIterable<Uint8Array> {
    return readPieces(async (place) => {
      const rows = await this.query<{ bytes: Buffer }>(
        `SELECT bytes FROM ${schema}.file_pieces WHERE file_id = $1 AND place = $2`,
        [id, place],
      );
      return rows[0]?.bytes;
    });
  }

  async testCases(id: string): Promise<Uint8Array | undefined> {
    const rows = await this.query<{ bytes: Buffer | null }>(
      `SELECT test_cases AS bytes FROM ${schema}.submissions WHERE id = $1`,
      [id],
    );
    return rows[0]?.bytes ?? undefined;
  }

  async tensors(id: string): Promise<ModelTensors | undefined> {
    const rows = await this.query<{ tensors: ModelTensors | null }>(
      `SELECT tensors FROM ${schema}.submissions WHERE id = $1`,
      [id],
    );
    return rows[0]?.tensors ?? undefined;
  }

  approve(id: string, model: Model, reason: string | null, nowMs: number): Promise<Approved> {
    return this.transaction(async (manager): Promise<Approved> => {
      await lockInTransaction(manager, 'model-additions', schema);
      const [row] = (await manager.query(`SELECT state FROM ${schema}.submissions WHERE id = $1 FOR UPDATE`, [
        id,
      ])) as { state: SubmissionState }[];
      if (row?.state !== 'awaiting-review') return { kind: 'state', state: row?.state ?? 'rejected' };
      const { developer, ...named } = model.identity;
      const standing = await nameStanding(manager, developer, named);
      if (standing !== undefined) return { kind: standing };
      if (await isFull(manager)) return { kind: 'full' };
      const withId = await withFreeId(manager, model);
      await insertAdded(manager, withId, id);
      const change = { atMs: nowMs, by: OPERATOR, reason };
      await insertModelChange(manager, withId.modelVersionId, { ...change, from: null, to: 'active' });
      await manager.query(
        `UPDATE ${schema}.submissions SET state = 'approved', model_id = $2 WHERE id = $1 AND ${REVIEWED_ONCE}`,
        [id, withId.manifest.id],
      );
      await insertSubmissionChange(manager, id, { ...change, from: 'awaiting-review', to: 'approved' });
      return { kind: 'approved', model: withId };
    });
  }

  reject(id: string, reason: string, nowMs: number): Promise<SubmissionState | undefined> {
    return this.transaction(async (manager) => {
      const [, count] = (await manager.query(
        `UPDATE ${schema}.submissions SET state = 'rejected', reason = $2 WHERE id = $1 AND ${REVIEWED_ONCE}`,
        [id, reason],
      )) as [unknown, number];
      if (count === 0) return (await findWhere(manager, 'id = $1', id))?.state;
      await insertSubmissionChange(manager, id, {
        ...{ atMs: nowMs, by: OPERATOR, from: 'awaiting-review', to: 'rejected', reason },
      });
      await letGo(manager, id);
      return undefined;
    });
  }

  private transaction<Result>(work: (manager: EntityManager) => Promise<Result>): Promise<Result> {
    return withDatabase(() => this.dataSource.transaction(work));
  }

  private query<Row extends object>(sql: string, parameters: unknown[]): Promise<Row[]> {
    return withDatabase(async () => (await this.dataSource.query(sql, parameters)) as Row[]);
  }
}

async function findWhere(
  manager: EntityManager,
  condition: string,
  value: unknown,
): Promise<Submission | undefined> {
  const sql = `SELECT ${submissionColumns} FROM ${schema}.submissions WHERE ${condition}`;
  const [row] = (await manager.query(sql, [value])) as SubmissionRow[];
  return row && toSubmission(row);
}

/** What nobody decides about any more keeps its record, not its files. */
async function letGo(manager: EntityManager, id: string): Promise<void> {
  await dropPieces(manager, id);
  await manager.query(
    `UPDATE ${schema}.submissions SET test_cases = NULL, signature_bundle = NULL WHERE id = $1`,
    [id],
  );
}
