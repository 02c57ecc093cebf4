import { withDatabase } from '@touchstone/postgres';
import type { DataSource } from 'typeorm';
import type {
  ObjectPlaceName,
  ObjectStore,
  RetryPauses,
  StoredObject,
  WaitingObject,
} from '../domain/object/ports.js';
import { objectPlaces } from '../domain/object/ports.js';
import { PROOF_SCHEMA as schema } from './schema.js';

/** Doublings after which a pause is the longest in any case. */
const DOUBLINGS_MAX = 30;

const CLAIM_SQL = `
  WITH due AS (
    SELECT verification_id, output.record FROM ${schema}.object_publication AS waiting
    JOIN ${schema}.output USING (verification_id)
    WHERE place = $1 AND published_at IS NULL AND NOT withheld AND next_attempt_at <= now()
    ORDER BY next_attempt_at LIMIT 1 FOR UPDATE OF waiting SKIP LOCKED
  ), claimed AS (
    UPDATE ${schema}.object_publication AS waiting
    SET attempts = attempts + 1,
        next_attempt_at = now() + least($2::float8 * 2 ^ least(attempts, ${DOUBLINGS_MAX}), $3::float8) * interval '1 ms'
    FROM due WHERE waiting.verification_id = due.verification_id AND waiting.place = $1
    RETURNING waiting.verification_id, due.record
  )
  SELECT claimed.verification_id AS "verificationId", cid, zk, claimed.record
  FROM claimed JOIN ${schema}.execution_proof USING (verification_id)`;

/** Objects of the proofs in PostgreSQL; their bytes are those of the proofs. */
export class PostgresObjectStore implements ObjectStore {
  constructor(private readonly dataSource: DataSource) {}

  address(limit: number, cidOf: (bytes: Uint8Array) => string): Promise<number> {
    return withDatabase(() =>
      this.dataSource.transaction(async (manager) => {
        const rows = (await manager.query(
          `SELECT verification_id AS "verificationId", zk FROM ${schema}.execution_proof
           WHERE cid IS NULL ORDER BY place LIMIT $1 FOR UPDATE SKIP LOCKED`,
          [limit],
        )) as { verificationId: string; zk: string }[];
        if (rows.length === 0) return 0;
        const ids = rows.map(({ verificationId }) => verificationId);
        await manager.query(
          `UPDATE ${schema}.execution_proof AS proof SET cid = given.cid
           FROM unnest($1::uuid[], $2::text[]) AS given (id, cid) WHERE proof.verification_id = given.id`,
          [ids, rows.map(({ zk }) => cidOf(Buffer.from(zk)))],
        );
        await manager.query(
          `INSERT INTO ${schema}.object_publication (verification_id, place)
           SELECT id, place FROM unnest($1::uuid[]) AS given (id) CROSS JOIN unnest($2::text[]) AS place
           ON CONFLICT DO NOTHING`,
          [ids, objectPlaces],
        );
        return rows.length;
      }),
    );
  }

  async find(cid: string): Promise<StoredObject | undefined> {
    const [row] = await this.query<{ zk: string }>(
      `SELECT zk FROM ${schema}.execution_proof WHERE cid = $1 LIMIT 1`,
      [cid],
    );
    return row && { cid, bytes: Buffer.from(row.zk) };
  }

  async claim(place: ObjectPlaceName, pauses: RetryPauses): Promise<WaitingObject | undefined> {
    const [row] = await this.query<Omit<WaitingObject, 'bytes'> & { readonly zk: string }>(CLAIM_SQL, [
      place,
      pauses.firstMs,
      pauses.maxMs,
    ]);
    if (!row) return undefined;
    const { zk, ...object } = row;
    return { ...object, bytes: Buffer.from(zk) };
  }

  async published(place: ObjectPlaceName, verificationId: string): Promise<void> {
    await this.mark('published_at = coalesce(published_at, now())', place, verificationId);
  }

  async withheld(place: ObjectPlaceName, verificationId: string): Promise<void> {
    await this.mark('withheld = true', place, verificationId);
  }

  private async mark(change: string, place: ObjectPlaceName, verificationId: string): Promise<void> {
    await this.query(
      `UPDATE ${schema}.object_publication SET ${change} WHERE verification_id = $1 AND place = $2`,
      [verificationId, place],
    );
  }

  private query<T>(sql: string, parameters: unknown[]): Promise<T[]> {
    return withDatabase(() => this.dataSource.query(sql, parameters) as Promise<T[]>);
  }
}
