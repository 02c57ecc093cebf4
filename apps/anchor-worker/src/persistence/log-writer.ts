import { fromBytea } from '@touchstone/postgres';
import type { EntityManager } from 'typeorm';
import { extendLog, type LogHead } from '../domain/log/log-head.js';
import { ANCHOR_SCHEMA as schema } from './schema.js';

/** An entry before it has its place. */
export interface NewEntry {
  readonly kind: 'batch' | 'commitment' | 'key-set' | 'set-up';
  readonly text: string;
}

interface StateRow {
  readonly size: string;
  readonly frontier: Buffer[];
}

/**
 * Takes the one right to write the log until the transaction ends, and reads its head. The row lock keeps replicas
 * from giving an index twice; whoever waited sees what the other one committed.
 */
export async function lockLog(manager: EntityManager): Promise<LogHead> {
  const [row] = (await manager.query(
    `SELECT size::text AS size, frontier FROM ${schema}.log_state WHERE id = 1 FOR UPDATE`,
  )) as [StateRow];
  return { size: BigInt(row.size), frontier: row.frontier.map(fromBytea) };
}

/**
 * Appends entries in order; the caller holds the lock.
 *
 * @returns the index of the first one
 */
export async function appendToLog(
  manager: EntityManager,
  head: LogHead,
  entries: readonly NewEntry[],
): Promise<bigint> {
  const extended = extendLog(
    head,
    entries.map(({ text }) => text),
  );
  await manager.query(
    `INSERT INTO ${schema}.log_entry (log_index, kind, entry, leaf_hash)
     SELECT $1::bigint + place - 1, kind, entry, leaf_hash
     FROM unnest($2::text[], $3::text[], $4::bytea[]) WITH ORDINALITY AS new (kind, entry, leaf_hash, place)`,
    [
      head.size.toString(),
      entries.map(({ kind }) => kind),
      entries.map(({ text }) => text),
      extended.leafHashes.map((hash) => Buffer.from(hash)),
    ],
  );
  await manager.query(
    `INSERT INTO ${schema}.log_node (level, index, hash)
     SELECT * FROM unnest($1::smallint[], $2::bigint[], $3::bytea[])`,
    [
      extended.nodes.map(({ level }) => level),
      extended.nodes.map(({ index }) => index.toString()),
      extended.nodes.map(({ hash }) => Buffer.from(hash)),
    ],
  );
  await manager.query(`UPDATE ${schema}.log_state SET size = $1, frontier = $2::bytea[] WHERE id = 1`, [
    extended.head.size.toString(),
    extended.head.frontier.map((hash) => Buffer.from(hash)),
  ]);
  return head.size;
}
