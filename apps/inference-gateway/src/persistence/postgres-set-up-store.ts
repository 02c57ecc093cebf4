import type { SetUpState } from '@touchstone/contracts/http/set-ups';
import { bytesToHex, sha256 } from '@touchstone/crypto';
import { lockInTransaction, toBytea, withDatabase, type Outbox } from '@touchstone/postgres';
import type { DataSource, EntityManager } from 'typeorm';
import {
  SET_UPS_OPEN_MAX,
  type CeremonyCircuit,
  type Invited,
  type NewSetUp,
  type SetUp,
  type SetUpResult,
  type SetUpStore,
  type TakenContribution,
} from '../domain/set-up/set-up.js';
import { timeText } from './proof-row.js';
import { GATEWAY_SCHEMA as schema } from './schema.js';
import { selectSetUps, toSetUp, type SetUpRow } from './set-up-row.js';

/** Set-ups in PostgreSQL, with the events about them in the same transactions. */
export class PostgresSetUpStore implements SetUpStore {
  constructor(
    private readonly dataSource: DataSource,
    private readonly outbox: Outbox,
  ) {}

  announce(setUp: NewSetUp): Promise<'full' | 'open-already' | undefined> {
    const { announcement, circuit, identity, firstKey, invitations } = setUp;
    const { setUpId, modelVersionId } = announcement;
    return this.transaction(async (manager) => {
      await lockInTransaction(manager, 'set-up-announcements', schema);
      const open = (await manager.query(
        `SELECT encode(model_version_id, 'hex') AS model FROM ${schema}.set_ups WHERE state = 'open'`,
      )) as { model: string }[];
      if (open.some(({ model }) => model === modelVersionId)) return 'open-already';
      if (open.length >= SET_UPS_OPEN_MAX) return 'full';
      await manager.query(
        `INSERT INTO ${schema}.set_ups (id, state, model_version_id, identity, model, options, powers_name, is_public,
           announcement, newest_key, newest_key_bytes)
         VALUES ($1, 'open', $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
        [
          ...[setUpId, toBytea(modelVersionId), JSON.stringify(identity), Buffer.from(circuit.model)],
          ...[
            circuit.options === undefined ? null : Buffer.from(circuit.options),
            circuit.powers,
            setUp.isPublic,
          ],
          ...[JSON.stringify(announcement), toBytea(announcement.firstKeySha256), firstKey.length],
        ],
      );
      await manager.query(
        `INSERT INTO ${schema}.set_up_parties (set_up_id, name, place, token_sha256)
         SELECT $1, name, place, decode(token, 'hex')
         FROM unnest($2::text[], $3::text[]) WITH ORDINALITY AS new (name, token, place)`,
        [setUpId, [...invitations.keys()], [...invitations.values()]],
      );
      await putKey(manager, setUpId, announcement.firstKeySha256, firstKey);
      await this.publish(manager, announcement);
      return undefined;
    });
  }

  async find(id: string): Promise<SetUp | undefined> {
    const [row] = await this.query<SetUpRow>(`${selectSetUps} WHERE s.id = $1`, [id]);
    return row && toSetUp(row);
  }

  async list(query: { limit: number; after?: string; state?: SetUpState }): Promise<readonly SetUp[]> {
    const rows = await this.query<SetUpRow>(
      `${selectSetUps} WHERE ($1::uuid IS NULL OR s.id < $1) AND ($2::text IS NULL OR s.state = $2)
       ORDER BY s.id DESC LIMIT $3`,
      [query.after ?? null, query.state ?? null, query.limit],
    );
    return rows.map(toSetUp);
  }

  async circuit(id: string): Promise<CeremonyCircuit | undefined> {
    const [row] = await this.query<{ model: Buffer; options: Buffer | null; powers: string }>(
      `SELECT model, options, powers_name AS powers FROM ${schema}.set_ups WHERE id = $1`,
      [id],
    );
    return row && { ...row, options: row.options ?? undefined };
  }

  async key(keySha256: string): Promise<Uint8Array | undefined> {
    const [row] = await this.query<{ bytes: Buffer }>(
      `SELECT bytes FROM ${schema}.set_up_keys WHERE sha256 = $1 LIMIT 1`,
      [toBytea(keySha256)],
    );
    return row?.bytes;
  }

  async invited(setUpId: string, tokenSha256: string): Promise<Invited | undefined> {
    const [row] = await this.query<{ name: string }>(
      `SELECT name FROM ${schema}.set_up_parties WHERE set_up_id = $1 AND token_sha256 = $2`,
      [setUpId, toBytea(tokenSha256)],
    );
    return row && { setUpId, name: row.name };
  }

  contribute(contribution: TakenContribution): Promise<number | undefined> {
    const { setUpId, name, before, provingKey, provingKeySha256, hash, atMs } = contribution;
    return this.transaction(async (manager) => {
      if (!(await replaceKey(manager, { setUpId, before, provingKey }))) return undefined;
      const [rows] = (await manager.query(
        `UPDATE ${schema}.set_up_parties
         SET hash = $3, key_sha256 = $4, contributed_at = $5,
           position = 1 + (SELECT count(position) FROM ${schema}.set_up_parties WHERE set_up_id = $1)
         WHERE set_up_id = $1 AND name = $2 AND position IS NULL RETURNING position`,
        [setUpId, name, hash, toBytea(provingKeySha256), timeText(atMs)],
      )) as [{ position: number }[], number];
      const [row] = rows;
      if (row === undefined) throw new Error(`${name} contributed to ${setUpId} already.`);
      return row.position;
    });
  }

  async claimOpen(nowMs: number, untilMs: number, limit: number): Promise<readonly string[]> {
    const [rows] = (await withDatabase(() =>
      this.dataSource.query(
        `UPDATE ${schema}.set_ups SET claimed_until = $2
         WHERE id IN (SELECT id FROM ${schema}.set_ups
           WHERE state = 'open' AND (claimed_until IS NULL OR claimed_until <= $1)
           ORDER BY id LIMIT $3 FOR UPDATE SKIP LOCKED)
         RETURNING id`,
        [timeText(nowMs), timeText(untilMs), limit],
      ),
    )) as [{ id: string }[], number];
    return rows.map(({ id }) => id).sort();
  }

  async unclaim(id: string): Promise<void> {
    await this.query(`UPDATE ${schema}.set_ups SET claimed_until = NULL WHERE id = $1`, [id]);
  }

  finish(id: string, newestKey: string, result: SetUpResult, provingKey: Uint8Array): Promise<boolean> {
    return this.transaction(async (manager) => {
      if (!(await replaceKey(manager, { setUpId: id, before: newestKey, provingKey }))) return false;
      await manager.query(`UPDATE ${schema}.set_ups SET state = 'finished', result = $2 WHERE id = $1`, [
        ...[id, JSON.stringify(result)],
      ]);
      await this.publish(manager, result.entry);
      return true;
    });
  }

  async end(id: string, state: 'called-off' | 'failed', reason: string): Promise<boolean> {
    const [, count] = (await withDatabase(() =>
      this.dataSource.query(
        `UPDATE ${schema}.set_ups SET state = $2, failure = $3 WHERE id = $1 AND state = 'open'`,
        [id, state, reason],
      ),
    )) as [unknown, number];
    return count > 0;
  }

  private async publish(
    manager: EntityManager,
    statement: NewSetUp['announcement'] | SetUpResult['entry'],
  ): Promise<void> {
    await this.outbox.append(manager, 'evt.v1.inference.set-up.published', { statement });
  }

  private transaction<Result>(work: (manager: EntityManager) => Promise<Result>): Promise<Result> {
    return withDatabase(() => this.dataSource.transaction(work));
  }

  private query<Row extends object>(sql: string, parameters: unknown[]): Promise<Row[]> {
    return withDatabase(async () => (await this.dataSource.query(sql, parameters)) as Row[]);
  }
}

async function putKey(
  manager: EntityManager,
  setUpId: string,
  keySha256: string,
  bytes: Uint8Array,
): Promise<void> {
  await manager.query(
    `INSERT INTO ${schema}.set_up_keys (set_up_id, sha256, bytes) VALUES ($1, $2, $3)
     ON CONFLICT (set_up_id) DO UPDATE SET sha256 = excluded.sha256, bytes = excluded.bytes`,
    [setUpId, toBytea(keySha256), Buffer.from(bytes)],
  );
}

/** @returns false when the set-up is not open any more, or has another newest key */
async function replaceKey(
  manager: EntityManager,
  { setUpId, before, provingKey }: { setUpId: string; before: string; provingKey: Uint8Array },
): Promise<boolean> {
  const keySha256 = bytesToHex(sha256(provingKey));
  const [, count] = (await manager.query(
    `UPDATE ${schema}.set_ups SET newest_key = $3, newest_key_bytes = $4
     WHERE id = $1 AND state = 'open' AND newest_key = $2`,
    [setUpId, toBytea(before), toBytea(keySha256), provingKey.length],
  )) as [unknown, number];
  if (count === 0) return false;
  await putKey(manager, setUpId, keySha256, provingKey);
  return true;
}
