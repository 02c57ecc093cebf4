import { AppError } from '@touchstone/contracts';
import type pg from 'pg';
import { CONNECT_TIMEOUT_MS, openSession, type SessionOptions } from './sessions.js';

/** Times that two sessions are compared behind a pooler; one that mixes them may not do so each time. */
export const POOLER_CHECKS = 5;

/**
 * Checks that what a session sets and holds is its own for as long as it lives: `search_path`, locks, notifications,
 * prepared statements. Behind a pooler that gives a session of the server to each transaction nothing of that is so,
 * and two relays would both believe to be the active one.
 *
 * @throws AppError `config-invalid` with the cure
 */
export async function assertOwnSessions(options: SessionOptions): Promise<void> {
  const session = await openSession(options);
  try {
    const backend = await backendOf(session);
    // A pooler tells its clients a number of its own; without one there is nothing between.
    if (backend !== announcedBackend(session)) await assertKept(session, backend, options);
    await assertSearchPath(session, options.schema);
  } finally {
    await session.end();
  }
}

/** Two sessions of the server never share a backend and never change it. */
async function assertKept(session: pg.Client, backend: number, options: SessionOptions): Promise<void> {
  const other = await openSession({ ...options, queryTimeoutMs: CONNECT_TIMEOUT_MS }).catch(
    (error: unknown) => {
      throw new AppError(
        'dependency-unavailable',
        'The pooler that DATABASE_URL leads to gives no second session; it needs one for each connection of the service, ' +
          'TOUCHSTONE_DATABASE_POOL_MAX and three more.',
        { cause: error },
      );
    },
  );
  try {
    for (let check = 0; check < POOLER_CHECKS; check += 1) {
      const shared = (await backendOf(other)) === backend;
      if (shared || (await backendOf(session)) !== backend) throw notKept();
    }
  } finally {
    await other.end();
  }
}

async function assertSearchPath(session: pg.Client, schema: string): Promise<void> {
  const { rows } = await session.query<{ search_path: string }>('SHOW search_path');
  if (rows[0]?.search_path !== schema) throw notKept();
}

async function backendOf(session: pg.Client): Promise<number> {
  const { rows } = await session.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  return (rows[0] as { pid: number }).pid;
}

/** The number that the other side gave when the session began (BackendKeyData); pg keeps it without declaring it. */
function announcedBackend(session: pg.Client): number | null {
  return (session as pg.Client & { readonly processID: number | null }).processID;
}

function notKept(): AppError {
  return new AppError(
    'config-invalid',
    'DATABASE_URL leads to a pooler that gives a session to each transaction, where search_path, locks and notifications ' +
      'do not hold: use session pooling (PgBouncer: pool_mode = session) or the address of the server itself.',
  );
}
