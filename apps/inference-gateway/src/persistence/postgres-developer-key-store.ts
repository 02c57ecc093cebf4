import { lockInTransaction, toBytea, withDatabase } from '@touchstone/postgres';
import type { DataSource } from 'typeorm';
import {
  DEVELOPER_KEYS_MAX,
  type DeveloperKey,
  type DeveloperKeyStore,
  type NewDeveloperKey,
} from '../domain/market/developer-key.js';
import { timeText } from './proof-row.js';
import { GATEWAY_SCHEMA as schema } from './schema.js';

interface KeyRow {
  readonly id: string;
  readonly developer: string;
  readonly label: string;
  readonly created_at: Date;
  readonly revoked_at: Date | null;
}

/** Keys that are listed, the newest; each took a signature of its developer. */
const KEYS_LISTED = 1_000;

/** Digests of API keys in PostgreSQL. */
export class PostgresDeveloperKeyStore implements DeveloperKeyStore {
  constructor(private readonly dataSource: DataSource) {}

  add(key: NewDeveloperKey): Promise<'added' | 'used' | 'full' | 'nobody'> {
    const { id, developer, label, keySha256, requestDigest, createdAtMs } = key;
    return withDatabase(() =>
      this.dataSource.transaction(async (manager) => {
        await lockInTransaction(manager, 'submissions', schema);
        const [found] = (await manager.query(
          `SELECT EXISTS (SELECT 1 FROM ${schema}.submissions WHERE developer = $1) AS submitted,
             EXISTS (SELECT 1 FROM ${schema}.developer_keys WHERE request_digest = $2) AS used,
             (SELECT count(*)::int FROM ${schema}.developer_keys WHERE developer = $1 AND revoked_at IS NULL) AS count`,
          [developer, toBytea(requestDigest)],
        )) as { submitted: boolean; used: boolean; count: number }[];
        if (found?.submitted !== true) return 'nobody';
        if (found.used) return 'used';
        if (found.count >= DEVELOPER_KEYS_MAX) return 'full';
        await manager.query(
          `INSERT INTO ${schema}.developer_keys (id, developer, label, key_sha256, request_digest, created_at)
           VALUES ($1, $2, $3, $4, $5, $6)`,
          [id, developer, label, toBytea(keySha256), toBytea(requestDigest), timeText(createdAtMs)],
        );
        return 'added';
      }),
    );
  }

  async holder(keySha256: string): Promise<string | undefined> {
    const rows = await this.query<{ developer: string }>(
      `SELECT developer FROM ${schema}.developer_keys WHERE key_sha256 = $1 AND revoked_at IS NULL`,
      [toBytea(keySha256)],
    );
    return rows[0]?.developer;
  }

  async list(developer: string): Promise<readonly DeveloperKey[]> {
    const rows = await this.query<KeyRow>(
      `SELECT id, developer, label, created_at, revoked_at FROM ${schema}.developer_keys
       WHERE developer = $1 ORDER BY id DESC LIMIT ${KEYS_LISTED}`,
      [developer],
    );
    return rows.map(toKey);
  }

  revoke(developer: string, id: string, nowMs: number): Promise<DeveloperKey | undefined> {
    return withDatabase(async () => {
      const [rows] = (await this.dataSource.query(
        `UPDATE ${schema}.developer_keys SET revoked_at = coalesce(revoked_at, $3) WHERE id = $1 AND developer = $2
         RETURNING id, developer, label, created_at, revoked_at`,
        [id, developer, timeText(nowMs)],
      )) as [KeyRow[], number];
      return rows[0] && toKey(rows[0]);
    });
  }

  private query<Row extends object>(sql: string, parameters: unknown[]): Promise<Row[]> {
    return withDatabase(async () => (await this.dataSource.query(sql, parameters)) as Row[]);
  }
}

function toKey({ created_at, revoked_at, ...key }: KeyRow): DeveloperKey {
  return { ...key, createdAtMs: created_at.getTime(), revokedAtMs: revoked_at?.getTime() };
}
