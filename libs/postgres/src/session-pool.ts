import pg from 'pg';
import { READ_ONLY_STATE } from './database-errors.js';
import { sessionSql, type SessionSettings } from './sessions.js';

/** What pg says after its `query_timeout`. */
const NO_ANSWER = 'Query read timeout';

/** Options of a {@link SessionPool}. */
export interface PoolOptions extends pg.PoolConfig {
  readonly session: SessionSettings;
}

/**
 * A pool that sets up each session before anybody gets it, and leaves a server that turned read-only. After a
 * failover that is the old primary, which still answers whoever is connected with it. One refused write speaks of the
 * server and not of its session, so all sessions that are open by then end, each when it comes back to the pool; new
 * ones go where the address leads by now.
 */
export class SessionPool extends pg.Pool {
  /** Told how long each statement took, however it ended. */
  onAnswered: (seconds: number) => void = () => undefined;
  private readonly open = new Set<pg.PoolClient>();
  private readonly left = new WeakSet<pg.PoolClient>();

  constructor({ session, ...options }: PoolOptions) {
    const statement = sessionSql(session);
    const hooked: pg.PoolConfig & { onConnect(client: pg.Client): Promise<unknown> } = {
      ...options,
      onConnect: (client) => client.query(statement),
    };
    super(hooked);
    this.on('connect', (client) => this.watch(client));
    this.on('remove', (client) => this.open.delete(client));
    this.on('release', (_error, client) => {
      // The pool drops a client that is ending.
      if (this.left.has(client)) (client as pg.PoolClient & pg.Client).end().catch(() => undefined);
    });
  }

  private watch(client: pg.PoolClient): void {
    this.open.add(client);
    (client as pg.PoolClient & pg.Client).connection.on('errorMessage', ({ code }: pg.DatabaseError) => {
      if (code === READ_ONLY_STATE) for (const session of this.open) this.left.add(session);
    });
    this.watchAnswers(client as pg.PoolClient & pg.Client);
  }

  /** pg stops to wait for an answer and keeps the connection, on which whoever gets it next would wait in vain. */
  private watchAnswers(client: pg.Client): void {
    const query = client.query.bind(client) as (...parameters: unknown[]) => unknown;
    const bounded = (...parameters: unknown[]): unknown => {
      const startedMs = performance.now();
      const answer = query(...parameters);
      const answered = (): void => this.onAnswered((performance.now() - startedMs) / 1_000);
      if (answer instanceof Promise)
        answer.then(answered, (error: unknown) => {
          answered();
          if (error instanceof Error && error.message === NO_ANSWER) client.end().catch(() => undefined);
        });
      return answer;
    };
    client.query = bounded as typeof client.query;
  }
}

/** The driver of a data source, with its pool in the place of pg's. */
export const sessionDriver = { ...pg, Pool: SessionPool };
