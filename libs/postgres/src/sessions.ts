import pg from 'pg';
import { readDatabaseUrl } from './database-url.js';
import { assertSchemaName } from './schema-name.js';

/** Milliseconds that a new connection may take. */
export const CONNECT_TIMEOUT_MS = 5_000;
/** Milliseconds that a transaction may idle; it would hold locks and keep vacuum from its work. */
export const IDLE_IN_TRANSACTION_TIMEOUT_MS = 30_000;
/** Seconds of silence after which either side asks whether the other is still there. */
export const KEEPALIVE_IDLE_SECONDS = 10;
/** Seconds between two of the server's questions. */
export const KEEPALIVE_INTERVAL_SECONDS = 5;
/** Questions without an answer after which the server gives the session up. */
export const KEEPALIVE_PROBES_MAX = 3;
/**
 * Seconds after which the server has noticed that the host of a session vanished, and freed its locks. By default it
 * would take two hours, or a quarter of an hour where it has something to send.
 */
export const LOST_PEER_SECONDS = KEEPALIVE_IDLE_SECONDS + KEEPALIVE_INTERVAL_SECONDS * KEEPALIVE_PROBES_MAX;

/**
 * Milliseconds beyond the statement timeout after which an answer is not waited for any more and its connection ends: a
 * server that vanished cancels nothing, and the system would wait for a quarter of an hour.
 */
export const ANSWER_GRACE_MS = 2_000;

/** What every session of a service has set. */
export interface SessionSettings {
  readonly schema: string;
  /** 0 waits for ever, which only migrations may. */
  readonly statementTimeoutMs: number;
}

/**
 * One statement that sets up a session, and so one round trip: names resolve in the service's schema alone, statements
 * and idle transactions end, and a peer that vanished is noticed. It is sent after the start of the session and not as
 * its start-up parameters, because poolers refuse or drop those that they do not know.
 */
export function sessionSql({ schema, statementTimeoutMs }: SessionSettings): string {
  // It stands in the text of the statement.
  assertSchemaName(schema);
  const settings = {
    search_path: schema,
    statement_timeout: statementTimeoutMs,
    idle_in_transaction_session_timeout: statementTimeoutMs === 0 ? 0 : IDLE_IN_TRANSACTION_TIMEOUT_MS,
    tcp_keepalives_idle: KEEPALIVE_IDLE_SECONDS,
    tcp_keepalives_interval: KEEPALIVE_INTERVAL_SECONDS,
    tcp_keepalives_count: KEEPALIVE_PROBES_MAX,
    // Keepalives are not sent while something waits for its acknowledgement, a notification for example.
    tcp_user_timeout: LOST_PEER_SECONDS * 1_000,
  };
  const calls = Object.entries(settings).map(([name, value]) => `set_config('${name}', '${value}', false)`);
  return `SELECT ${calls.join(', ')}`;
}

/**
 * Fails with 25006 where the server takes no writes: a standby, a primary that was demoted, or one that is set so. As
 * an error of the server it also makes the pool leave it.
 */
export const ASSERT_WRITABLE_SQL = `DO $$ BEGIN
  IF current_setting('transaction_read_only')::boolean THEN
    RAISE read_only_sql_transaction USING MESSAGE = format('The database is read-only (in recovery: %s).', pg_is_in_recovery());
  END IF;
END $$`;

/**
 * How every connection of a service is made.
 *
 * @throws AppError `config-invalid` when the URL says something about TLS that cannot be
 */
export function connectionSettings(
  url: string,
  applicationName: string,
  statementTimeoutMs: number,
): pg.ClientConfig {
  return {
    ...readDatabaseUrl(url),
    application_name: applicationName,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    ...(statementTimeoutMs === 0 ? {} : { query_timeout: statementTimeoutMs + ANSWER_GRACE_MS }),
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEPALIVE_IDLE_SECONDS * 1_000,
  };
}

/** How to open a session outside of the pool. */
export interface SessionOptions extends SessionSettings {
  readonly url: string;
  readonly applicationName: string;
  /** Called once at least when the session breaks or ends; without it a broken session is noticed by its next statement. */
  readonly onLost?: () => void;
  /** Milliseconds that a statement may wait for its answer, in the place of what follows from its timeout. */
  readonly queryTimeoutMs?: number;
}

/** Opens a session outside of the pool, set up as those in it; the caller ends it. */
export async function openSession(options: SessionOptions): Promise<pg.Client> {
  const { url, applicationName, statementTimeoutMs, queryTimeoutMs } = options;
  const client = new pg.Client({
    ...connectionSettings(url, applicationName, statementTimeoutMs),
    ...(queryTimeoutMs === undefined ? {} : { query_timeout: queryTimeoutMs }),
  });
  const onLost = options.onLost ?? (() => undefined);
  client.on('error', onLost);
  client.on('end', onLost);
  try {
    await client.connect();
    await client.query(sessionSql(options));
    return client;
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
}
