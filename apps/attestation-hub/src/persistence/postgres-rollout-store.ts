import { AppError } from '@touchstone/contracts';
import { withDatabase } from '@touchstone/postgres';
import type { DataSource, EntityManager } from 'typeorm';
import type {
  Decided,
  KeptRollout,
  OperatorAct,
  PlannedRollout,
  RolloutQuery,
  RolloutStore,
} from '../domain/decision-ports.js';
import { rolloutRecord } from '../domain/decision-records.js';
import { appendAudit } from './audit-statements.js';
import { completeNodes, settleNodes } from './governance-statements.js';
import {
  closeRollout,
  insertRollout,
  readRollout,
  ROLLOUT_COLUMNS,
  toRollout,
  type RolloutRow,
} from './rollout-row.js';

/** Rollouts that may be open at a time: all of them are looked at with every heartbeat. */
export const ROLLOUTS_OPEN_MAX = 32;
/** Rollouts that are kept after they were closed; older ones go, and their names may be used again. */
export const ROLLOUTS_CLOSED_MAX = 1_000;

/** Keeps rollouts in PostgreSQL. */
export class PostgresRolloutStore implements RolloutStore {
  constructor(
    private readonly dataSource: DataSource,
    private readonly auditLinesMax: number,
  ) {}

  start(planned: PlannedRollout, act: OperatorAct): Promise<Decided<KeptRollout>> {
    return this.transact(async (manager) => {
      // Writers one after the other, so that the count holds; readers do not wait.
      await manager.query('LOCK TABLE attestation.rollout IN SHARE ROW EXCLUSIVE MODE');
      const known = await readRollout(manager, planned.name);
      if (known !== undefined) {
        if (isSame(known, planned)) return { result: known, audit: [], observations: [] };
        throw new AppError('conflict', `There is another rollout ${planned.name}.`);
      }
      const [counted]: { open: string }[] = await manager.query(
        "SELECT count(*) AS open FROM attestation.rollout WHERE state = 'open'",
        [],
      );
      if (Number(counted?.open ?? 0) >= ROLLOUTS_OPEN_MAX)
        throw new AppError('conflict', `${ROLLOUTS_OPEN_MAX} rollouts are open already; end one of them.`);
      const result = await insertRollout(manager, planned, act.atMs);
      await manager.query(
        `DELETE FROM attestation.rollout WHERE name IN
           (SELECT name FROM attestation.rollout WHERE state <> 'open' ORDER BY closed_at DESC, name OFFSET $1)`,
        [ROLLOUTS_CLOSED_MAX],
      );
      const audit = [rolloutRecord('ATTESTATION_ROLLOUT_STARTED', result, act)];
      await appendAudit(manager, audit, this.auditLinesMax);
      return { result, audit, observations: [] };
    });
  }

  end(name: string, outcome: 'completed' | 'cancelled', act: OperatorAct): Promise<Decided<KeptRollout>> {
    return this.transact(async (manager) => {
      const known = await readRollout(manager, name);
      if (known === undefined) throw new AppError('not-found', `There is no rollout ${name}.`);
      if (known.state === outcome) return { result: known, audit: [], observations: [] };
      if (known.state !== 'open')
        throw new AppError('conflict', `The rollout ${name} was ${known.state} already.`);
      const isOver = act.atMs >= known.endsAtMs;
      if (isOver && outcome === 'cancelled')
        throw new AppError('conflict', `The time of the rollout ${name} is over, which completes it.`);
      return this.close(manager, known, outcome, { ...act, atMs: Math.min(act.atMs, known.endsAtMs) });
    });
  }

  async closeExpired(nowMs: number): Promise<Decided<number>> {
    return this.transact(async (manager) => {
      const rows: RolloutRow[] = await manager.query(
        `SELECT ${ROLLOUT_COLUMNS} FROM attestation.rollout WHERE state = 'open' AND ends_at <= $1
         ORDER BY started_at, name FOR UPDATE SKIP LOCKED`,
        [new Date(nowMs).toISOString()],
      );
      const closed: Decided<KeptRollout>[] = [];
      for (const row of rows) {
        const rollout = toRollout(row);
        const act = { atMs: rollout.endsAtMs, remoteAddress: null };
        closed.push(await this.close(manager, rollout, 'completed', act));
      }
      return { result: closed.length, audit: closed.flatMap(({ audit }) => audit), observations: [] };
    });
  }

  async list({ limit, after = '', state }: RolloutQuery): Promise<KeptRollout[]> {
    const rows = await withDatabase(() =>
      this.dataSource.query<RolloutRow[]>(
        `SELECT ${ROLLOUT_COLUMNS} FROM attestation.rollout
         WHERE name > $1 AND ($2::text IS NULL OR state = $2) ORDER BY name LIMIT $3`,
        [after, state ?? null, limit],
      ),
    );
    return rows.map(toRollout);
  }

  private async close(
    manager: EntityManager,
    rollout: KeptRollout,
    outcome: 'completed' | 'cancelled',
    act: OperatorAct,
  ): Promise<Decided<KeptRollout>> {
    await closeRollout(manager, rollout.name, outcome, act.atMs);
    if (outcome === 'completed') await completeNodes(manager, rollout, act.atMs);
    else await settleNodes(manager, rollout, act.atMs);
    const event = outcome === 'completed' ? 'ATTESTATION_ROLLOUT_COMPLETED' : 'ATTESTATION_ROLLOUT_CANCELLED';
    const audit = [rolloutRecord(event, rollout, act)];
    await appendAudit(manager, audit, this.auditLinesMax);
    return { result: { ...rollout, state: outcome, closedAtMs: act.atMs }, audit, observations: [] };
  }

  private transact<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return withDatabase(() => this.dataSource.transaction(work));
  }
}

function isSame({ selection, build, startedAtMs, endsAtMs }: KeptRollout, planned: PlannedRollout): boolean {
  return (
    JSON.stringify([build.buildId, build.capabilityHash, selection.prefix, selection.nodes]) ===
      JSON.stringify([
        planned.build.buildId,
        planned.build.capabilityHash,
        planned.selection.prefix,
        planned.selection.nodes,
      ]) && endsAtMs - startedAtMs === planned.durationMs
  );
}
