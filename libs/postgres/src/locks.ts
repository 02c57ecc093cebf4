import type { DataSource, QueryRunner } from 'typeorm';
import { withDatabase } from './database-errors.js';

/**
 * The classes of all advisory locks of all services: the first half of a key, of which the second is a hash of a name.
 * Advisory locks belong to the database, which the services share, so a class stands here once and nowhere else.
 */
export const LOCK_CLASSES = {
  /** Migrations of one schema; the name is the schema's. */
  migration: 0x7063_0001,
  /** The signing of one log; the name is its origin. */
  log: 0x7063_0002,
  /** The next version of the key set. */
  'key-set': 0x7063_0003,
  /** The active outbox relay of one schema; the name is the schema's. */
  relay: 0x7063_0004,
  /** The addition of models, which are counted and given ids one after the other. */
  'model-additions': 0x7063_0005,
  /** One stage of the log's pipeline. */
  stage: 0x7063_0010,
  /** Failed anchors of one network, which are counted one after the other; the name is the schema's with the network. */
  'anchor-failures': 0x7063_0012,
  /** One loop that ends what payments began. */
  recovery: 0x7063_0011,
  /** The look at all nodes for those that are silent. */
  'silent-nodes': 0x7063_0013,
  /** Changes of the keys of one node; the name is the schema's with the node. */
  'node-keys': 0x7063_0014,
  /** The stream of event batches of one tenant and format. */
  'event-stream': 0x7063_0015,
  /** Announcements of set-ups of keys, which are counted; the name is the schema's. */
  'set-up-announcements': 0x7063_0016,
  /** The addition of jobs, which are counted; the name is the schema's. */
  'job-additions': 0x7063_0017,
  /** The addition of submissions, which are counted, and of keys of developers; the name is the schema's. */
  submissions: 0x7063_0020,
} as const;

/** What a lock is for. */
export type LockClass = keyof typeof LOCK_CLASSES;

/** Waits for a lock of the session; parameters: {@link lockKey}. */
export const LOCK_SQL = 'SELECT pg_advisory_lock($1::int, hashtext($2))';
/** Takes a lock of the session if it is free, and says so in `locked`; parameters: {@link lockKey}. */
export const TRY_LOCK_SQL = 'SELECT pg_try_advisory_lock($1::int, hashtext($2)) AS locked';
const UNLOCK_SQL = 'SELECT pg_advisory_unlock($1::int, hashtext($2)) AS unlocked';
const TRANSACTION_LOCK_SQL = 'SELECT pg_advisory_xact_lock($1::int, hashtext($2))';

/** The parameters of a lock's statements. */
export function lockKey(lockClass: LockClass, name: string): [lockClass: number, name: string] {
  return [LOCK_CLASSES[lockClass], name];
}

/** Waits for a lock that ends with the transaction of `manager`. */
export async function lockInTransaction(
  manager: { query(statement: string, parameters: unknown[]): Promise<unknown> },
  lockClass: LockClass,
  name: string,
): Promise<void> {
  await manager.query(TRANSACTION_LOCK_SQL, lockKey(lockClass, name));
}

/**
 * Runs `work` in one process of all replicas at a time. The lock belongs to a database session and ends with it, so a
 * process that dies never keeps it, and a host that vanishes keeps it until the server gives its session up
 * (`LOST_PEER_SECONDS`). Whoever loses the session loses the turn while it works: it saves double work only.
 *
 * @returns what `work` returned; undefined when another process has the turn
 * @throws what `work` throws; AppError `dependency-unavailable` when the lock cannot be asked for
 */
export async function runExclusively<T>(
  dataSource: Pick<DataSource, 'createQueryRunner'>,
  lockClass: LockClass,
  name: string,
  work: () => Promise<T>,
): Promise<{ readonly result: T } | undefined> {
  const session = dataSource.createQueryRunner();
  const key = lockKey(lockClass, name);
  try {
    const [lock] = (await withDatabase(() => session.query(TRY_LOCK_SQL, key))) as [{ locked: boolean }];
    if (!lock.locked) return undefined;
    try {
      return { result: await work() };
    } finally {
      await unlock(session, key);
    }
  } finally {
    await session.release();
  }
}

/**
 * Gives a lock back. A session that cannot say that it did so ends instead, which frees the lock as well: in the pool
 * it would keep the lock for as long as the process lives. What the work returned or threw is not replaced.
 */
async function unlock(session: QueryRunner, key: unknown[]): Promise<void> {
  try {
    const [{ unlocked }] = (await session.query(UNLOCK_SQL, key)) as [{ unlocked: boolean }];
    if (unlocked) return;
  } catch {
    // The session ends below.
  }
  // The pool drops a connection that is ending. A runner whose connection broke has released it already.
  if (session.isReleased) return;
  const connection = (await session.connect()) as { end(): Promise<void> };
  connection.end().catch(() => undefined);
}
