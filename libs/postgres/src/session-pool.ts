import pg from 'pg';
import { sessionSql, type SessionSettings } from './sessions.js';

/** Options of a {@link SessionPool}. */
export interface PoolOptions extends pg.PoolConfig {
  readonly session: SessionSettings;
}

/** A pool that sets up each session before anybody gets it. */
class SessionPool extends pg.Pool {
  constructor({ session, ...options }: PoolOptions) {
    const statement = sessionSql(session);
    const hooked: pg.PoolConfig & { onConnect(client: pg.Client): Promise<unknown> } = {
      ...options,
      onConnect: (client) => client.query(statement),
    };
    super(hooked);
  }
}

/** The driver of a data source, with its pool in the place of pg's. */
export const sessionDriver = { ...pg, Pool: SessionPool };
