import { rangeNodes, type LogNode, type NodeId } from '@touchstone/merkle';
import { fromBytea, timeOfUuidV7, toBytea, withDatabase } from '@touchstone/postgres';
import { QueryFailedError, type DataSource, type EntityManager } from 'typeorm';
import type {
  LogFrontier,
  LogRange,
  LogStore,
  PendingCheckpoint,
  ReadyOutput,
  Verdict,
} from '../domain/log/log-store.js';
import { logNodesSql, nodeParameters, splitHashes } from './nodes.js';
import { PROOF_SCHEMA as schema } from './schema.js';

const UNIQUE_VIOLATION = '23505';

/** The copy of the log in PostgreSQL. */
export class PostgresLogStore implements LogStore {
  constructor(private readonly dataSource: DataSource) {}

  extend(
    entriesMax: number,
    nodesOf: (frontier: LogFrontier, entries: readonly string[]) => readonly LogNode[],
  ): Promise<number> {
    return withDatabase(() =>
      this.dataSource.transaction(async (manager) => {
        // The row is the lock: replicas take turns, and each sees what the one before committed.
        const [state] = (await manager.query(
          `SELECT size::text AS size FROM ${schema}.log_state WHERE id = 1 FOR UPDATE`,
        )) as [{ size: string }];
        const size = BigInt(state.size);
        const entries = await denseEntries(manager, size, entriesMax);
        if (entries.length === 0) return 0;
        const hashes = await readNodes(manager, rangeNodes(0n, size));
        await insertNodes(manager, nodesOf({ size, hashes }, entries));
        await manager.query(`UPDATE ${schema}.log_state SET size = size + $1 WHERE id = 1`, [entries.length]);
        return entries.length;
      }),
    );
  }

  size(): Promise<bigint> {
    return withDatabase(async () => {
      const [state] = (await this.dataSource.query(
        `SELECT size::text AS size FROM ${schema}.log_state WHERE id = 1`,
      )) as [{ size: string }];
      return BigInt(state.size);
    });
  }

  nodes(ids: readonly NodeId[]): Promise<Uint8Array[]> {
    return withDatabase(() => readNodes(this.dataSource.manager, ids));
  }

  pendingCheckpoints(countMax: number): Promise<readonly PendingCheckpoint[]> {
    return withDatabase(async () => {
      const rows = (await this.dataSource.query(
        `SELECT commitment, size::text AS size, root, note FROM ${schema}.checkpoint AS waiting
         WHERE state = 'pending' ORDER BY waiting.size LIMIT $1`,
        [countMax],
      )) as { commitment: Buffer; size: string; root: Buffer; note: string }[];
      return rows.map(({ commitment, size, root, note }) => ({
        commitment: fromBytea(commitment),
        size: BigInt(size),
        root: fromBytea(root),
        note,
      }));
    });
  }

  async settle(commitment: Uint8Array, verdict: Verdict): Promise<Verdict | undefined> {
    try {
      return await withDatabase(() => this.writeVerdict(commitment, verdict));
    } catch (error) {
      if (!(error instanceof QueryFailedError) || error.driverError.code !== UNIQUE_VIOLATION) throw error;
      const second: Verdict = { state: 'refused', reason: 'another-note-at-size' };
      return withDatabase(() => this.writeVerdict(commitment, second));
    }
  }

  private async writeVerdict(commitment: Uint8Array, verdict: Verdict): Promise<Verdict | undefined> {
    const [, count] = (await this.dataSource.query(
      `UPDATE ${schema}.checkpoint SET state = $2, reason = $3 WHERE commitment = $1 AND state = 'pending'`,
      [toBytea(commitment), verdict.state, verdict.state === 'refused' ? verdict.reason : null],
    )) as [unknown[], number];
    return count === 1 ? verdict : undefined;
  }

  /** All parts of the statement see the state before it, so that `before` knows nothing of what is marked now. */
  matchAnchors(): Promise<LogRange | undefined> {
    return withDatabase(async () => {
      const [row] = (await this.dataSource.query(
        `WITH before AS (
           SELECT coalesce(max(size), 0) AS size FROM ${schema}.checkpoint WHERE state = 'verified' AND anchored
         ), found AS (
           UPDATE ${schema}.anchor SET matched = true, checkpoint_size = checkpoint.size
           FROM ${schema}.checkpoint
           WHERE anchor.checkpoint_size IS NULL AND checkpoint.commitment = anchor.commitment AND checkpoint.state = 'verified'
           RETURNING anchor.commitment
         ), marked AS (
           UPDATE ${schema}.checkpoint SET anchored = true
           WHERE NOT anchored AND commitment IN (SELECT commitment FROM found) RETURNING size
         )
         SELECT (SELECT size FROM before)::text AS "fromSize", max(size)::text AS size FROM marked`,
      )) as { fromSize: string; size: string | null }[];
      if (row === undefined || row.size === null) return undefined;
      const range = { fromSize: BigInt(row.fromSize), size: BigInt(row.size) };
      // An older checkpoint that is anchored late adds nothing.
      return range.size > range.fromSize ? range : undefined;
    });
  }

  readyOutputs(size: bigint, countMax: number): Promise<readonly ReadyOutput[]> {
    return this.ready(
      `log_index < $1 AND log_index >= (SELECT coalesce(max(earlier.size), 0)
         FROM ${schema}.checkpoint AS earlier WHERE state = 'verified' AND earlier.size <> $1) LIMIT $2`,
      [size.toString(), countMax],
    );
  }

  outputsIn({ fromSize, size }: LogRange, countMax: number): Promise<readonly ReadyOutput[]> {
    return this.ready('log_index >= $1 AND log_index < $2 LIMIT $3', [
      fromSize.toString(),
      size.toString(),
      countMax,
    ]);
  }

  private ready(condition: string, parameters: unknown[]): Promise<readonly ReadyOutput[]> {
    return withDatabase(async () => {
      const rows = (await this.dataSource.query(
        `SELECT verification_id AS "verificationId",
                extract(epoch FROM clock_timestamp() - recorded_at)::float8 AS seconds,
                extract(epoch FROM clock_timestamp())::float8 AS now
         FROM ${schema}.batch_leaf JOIN ${schema}.output USING (leaf) WHERE ${condition}`,
        parameters,
      )) as { verificationId: string; seconds: number; now: number }[];
      return rows.map(({ verificationId, seconds, now }) => ({
        verificationId,
        seconds: Math.max(0, seconds),
        // The gateway makes the id of the time when the request came.
        secondsSinceRequest: Math.max(0, now - timeOfUuidV7(verificationId) / 1_000),
      }));
    });
  }
}

/** Entries from `size` on, up to the first gap. */
async function denseEntries(manager: EntityManager, size: bigint, countMax: number): Promise<string[]> {
  const rows = (await manager.query(
    `SELECT log_index::text AS place, entry FROM ${schema}.log_entry WHERE log_index >= $1
     ORDER BY log_index LIMIT $2`,
    [size.toString(), countMax],
  )) as { place: string; entry: string }[];
  const gap = rows.findIndex(({ place }, offset) => BigInt(place) !== size + BigInt(offset));
  return (gap < 0 ? rows : rows.slice(0, gap)).map(({ entry }) => entry);
}

async function readNodes(manager: EntityManager, ids: readonly NodeId[]): Promise<Uint8Array[]> {
  if (ids.length === 0) return [];
  const [row] = (await manager.query(`SELECT ${logNodesSql('$1', '$2')} AS joined`, nodeParameters(ids))) as [
    { joined: Buffer | null },
  ];
  return splitHashes(row.joined);
}

async function insertNodes(manager: EntityManager, nodes: readonly LogNode[]): Promise<void> {
  await manager.query(
    `INSERT INTO ${schema}.log_node (level, index, hash)
     SELECT * FROM unnest($1::smallint[], $2::bigint[], $3::bytea[])`,
    [...nodeParameters(nodes), nodes.map(({ hash }) => toBytea(hash))],
  );
}
