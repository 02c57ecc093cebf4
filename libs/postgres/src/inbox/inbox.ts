import type { DataSource, EntityManager } from 'typeorm';
import { connectionOf } from '../data-source.js';

/** Rows that one prune statement deletes. */
export const INBOX_PRUNE_ROWS_MAX = 5_000;
/** How long message ids are remembered: longer than any redelivery can take. */
export const INBOX_RETENTION_DEFAULT_MS = 14 * 24 * 3_600_000;

/** Remembers which messages a consumer took, in the transaction of their effect. */
export class Inbox {
  private readonly table: string;

  constructor(private readonly dataSource: DataSource) {
    this.table = `${connectionOf(dataSource).schema}.inbox`;
  }

  /**
   * Takes a message. Of two transactions at the same time the second waits for the first, so that exactly one of
   * those that commit sees `true`.
   *
   * @returns false when the consumer took it already; then the effect must not happen again
   */
  async once(manager: EntityManager, consumer: string, messageId: string): Promise<boolean> {
    const rows = (await manager.query(
      `INSERT INTO ${this.table} (consumer, message_id) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING 1`,
      [consumer, messageId],
    )) as unknown[];
    return rows.length === 1;
  }

  /**
   * Forgets messages older than the retention, at most {@link INBOX_PRUNE_ROWS_MAX} at a time.
   *
   * @returns how many were forgotten; call again while it is the maximum
   */
  async prune(retentionMs: number = INBOX_RETENTION_DEFAULT_MS): Promise<number> {
    const [row] = (await this.dataSource.query(
      `WITH old AS (
         SELECT consumer, message_id FROM ${this.table}
         WHERE received_at < clock_timestamp() - make_interval(secs => $1) ORDER BY received_at LIMIT $2
       ), gone AS (
         DELETE FROM ${this.table} AS inbox USING old
         WHERE inbox.consumer = old.consumer AND inbox.message_id = old.message_id RETURNING 1
       ) SELECT count(*)::int AS count FROM gone`,
      [retentionMs / 1_000, INBOX_PRUNE_ROWS_MAX],
    )) as [{ count: number }];
    return row.count;
  }
}
