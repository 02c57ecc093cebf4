import type { StoredEvent } from '@touchstone/platform/wiring';
import type { DataSource } from 'typeorm';
import type pg from 'pg';
import { connectionOf, STATEMENT_TIMEOUT_DEFAULT_MS } from '../data-source.js';
import { lockKey, TRY_LOCK_SQL } from '../locks.js';
import { ASSERT_WRITABLE_SQL, openSession } from '../sessions.js';
import { outboxChannel } from './outbox.js';

/** Newest rows among which the last places of streams are looked for; more than one batch. */
const RECALLED_ROWS_MAX = 1_000;
/** Rows that one prune step looks at. */
const PRUNE_ROWS_MAX = 5_000;

/** A row that waits for its publication. */
export interface PendingRow extends StoredEvent {
  readonly createdAtMs: number;
}

/**
 * The one database session of a relay. Lock, reads and marks share it: who loses the session loses the lock and can
 * mark nothing any more, so that two relays never both believe to be the active one for long.
 */
export class RelaySession {
  private constructor(
    private readonly client: pg.Client,
    private readonly schema: string,
  ) {}

  /** Connects and listens; `onWake` is called for every notification, `onLost` once when the session ends. */
  static async open(dataSource: DataSource, onWake: () => void, onLost: () => void): Promise<RelaySession> {
    const { url, schema, applicationName } = connectionOf(dataSource);
    const client = await openSession({
      url,
      schema,
      applicationName: `${applicationName} outbox`,
      statementTimeoutMs: STATEMENT_TIMEOUT_DEFAULT_MS,
      onLost,
    });
    client.on('notification', onWake);
    try {
      await client.query(`LISTEN ${outboxChannel(schema)}`);
      // A mark that a crash loses means that the event is sent again under its id, which the stream drops. It is not
      // worth a flush of the write-ahead log, for which the commits of callers would have to wait.
      await client.query('SET synchronous_commit = off');
    } catch (error) {
      await client.end().catch(() => undefined);
      throw error;
    }
    return new RelaySession(client, schema);
  }

  /** Tries to become the active relay; the lock ends with the session. */
  async tryLock(): Promise<boolean> {
    const { rows } = await this.client.query<{ locked: boolean }>(
      TRY_LOCK_SQL,
      lockKey('relay', this.schema),
    );
    return rows[0]?.locked === true;
  }

  /**
   * The oldest rows that are not published, in order. A read-only server is an error and not read: nothing could be
   * marked there, so the same rows would go out again and again, and after a failover new rows come elsewhere. Ordered by
   * `row.id`: a bare `id` is the text of the result.
   */
  async pending(rowsMax: number): Promise<PendingRow[]> {
    const { rows } = await this.client.query<PendingRow & { readOnly: boolean }>({
      name: 'outbox-pending',
      text: `SELECT id::text AS id, message_id AS "messageId", subject, headers, payload,
                    (extract(epoch FROM created_at) * 1000)::float8 AS "createdAtMs",
                    current_setting('transaction_read_only')::boolean AS "readOnly"
             FROM ${this.schema}.outbox AS row WHERE published_at IS NULL ORDER BY row.id LIMIT $1`,
      values: [rowsMax],
    });
    if (rows[0]?.readOnly !== false) await this.client.query(ASSERT_WRITABLE_SQL);
    return rows;
  }

  /** Marks rows as published in one statement, with their places in the stream. */
  async mark(rows: readonly { readonly id: string; readonly sequence: number | undefined }[]): Promise<void> {
    await this.client.query({
      name: 'outbox-mark',
      text: `UPDATE ${this.schema}.outbox AS row SET published_at = clock_timestamp(), stream_sequence = sent.sequence
             FROM unnest($1::bigint[], $2::bigint[]) AS sent (id, sequence) WHERE row.id = sent.id`,
      values: [rows.map(({ id }) => id), rows.map(({ sequence }) => sequence ?? null)],
    });
  }

  /** The highest place of each subject among the rows that were published last. */
  async lastSequences(): Promise<{ readonly subject: string; readonly sequence: number }[]> {
    const { rows } = await this.client.query<{ subject: string; sequence: number }>(
      `SELECT subject, max(stream_sequence)::float8 AS sequence
       FROM (SELECT subject, stream_sequence FROM ${this.schema}.outbox AS row
             ORDER BY row.id DESC LIMIT ${RECALLED_ROWS_MAX}) AS newest
       WHERE stream_sequence IS NOT NULL GROUP BY subject`,
    );
    return rows;
  }

  /** Has the relay publish again what its stream acknowledged above a place. @returns how many rows */
  async publishAgainAbove(subjects: readonly string[], sequence: number): Promise<number> {
    const { rowCount } = await this.client.query(
      `UPDATE ${this.schema}.outbox SET published_at = NULL, stream_sequence = NULL
       WHERE subject = ANY($1::text[]) AND stream_sequence > $2 AND published_at IS NOT NULL`,
      [subjects, sequence],
    );
    return rowCount ?? 0;
  }

  /**
   * Has the relay publish again what was acknowledged within the last `sinceMs`, or within `beforeLastMs` before the
   * last acknowledgement. Rows without a place were set aside.
   *
   * @returns how many rows
   */
  async publishAgainRecent(
    span: { readonly sinceMs: number } | { readonly beforeLastMs: number },
  ): Promise<number> {
    const { schema } = this;
    const [from, spanMs] =
      'sinceMs' in span
        ? (['clock_timestamp()', span.sinceMs] as const)
        : ([
            `(SELECT max(published_at) FROM (SELECT published_at FROM ${schema}.outbox AS row
                ORDER BY row.id DESC LIMIT ${RECALLED_ROWS_MAX}) AS newest)`,
            span.beforeLastMs,
          ] as const);
    const { rowCount } = await this.client.query(
      `UPDATE ${schema}.outbox SET published_at = NULL, stream_sequence = NULL
       WHERE published_at > ${from} - make_interval(secs => $1) AND stream_sequence IS NOT NULL`,
      [spanMs / 1_000],
    );
    return rowCount ?? 0;
  }

  /**
   * Deletes what was published longer ago than the retention, oldest ids first and a bounded number at a time.
   *
   * @returns how many rows went
   */
  async prune(retentionMs: number): Promise<number> {
    const { rowCount } = await this.client.query(
      `DELETE FROM ${this.schema}.outbox WHERE id IN (
         SELECT id FROM (SELECT id, published_at FROM ${this.schema}.outbox ORDER BY id LIMIT $2) AS oldest
         WHERE published_at < clock_timestamp() - make_interval(secs => $1))`,
      [retentionMs / 1_000, PRUNE_ROWS_MAX],
    );
    return rowCount ?? 0;
  }

  /** Ends the session and with it the lock. */
  async close(): Promise<void> {
    await this.client.end().catch(() => undefined);
  }
}
