import type pg from 'pg';
import { STATEMENT_TIMEOUT_DEFAULT_MS, type PostgresOptions } from '../data-source.js';
import { withDatabase } from '../database-errors.js';
import { openSession } from '../sessions.js';

/** Rows that one statement looks at. */
export const REPUBLISH_STEP_ROWS_MAX = 5_000;

/** Which events are meant: those that were written since a time, or one by its message id. */
export type RepublishSelection = { readonly sinceMs: number } | { readonly messageId: string };

type Database = Pick<PostgresOptions, 'url' | 'schema' | 'applicationName'>;

/**
 * Has the relay of a schema publish events again that it published before, in their order. For streams that lost them:
 * events stay in the outbox for seven days. Consumers recognise what they have, so more than was lost does no harm.
 *
 * @param dryRun only counts
 * @returns how many events will be published again
 */
export function republish(
  database: Database,
  selection: RepublishSelection,
  dryRun = false,
): Promise<number> {
  return withDatabase(async () => {
    const client = await openSession({
      ...database,
      applicationName: `${database.applicationName} republish`,
      statementTimeoutMs: STATEMENT_TIMEOUT_DEFAULT_MS,
    });
    try {
      const outbox = new PublishedRows(client, `${database.schema}.outbox`, dryRun);
      return 'messageId' in selection
        ? await outbox.takeOne(selection.messageId)
        : await outbox.takeSince(selection.sinceMs);
    } finally {
      await client.end();
    }
  });
}

class PublishedRows {
  constructor(
    private readonly client: pg.Client,
    private readonly table: string,
    private readonly dryRun: boolean,
  ) {}

  takeOne(messageId: string): Promise<number> {
    return this.take('message_id = $1', [messageId]);
  }

  async takeSince(sinceMs: number): Promise<number> {
    const since = new Date(sinceMs).toISOString();
    // What the relay publishes meanwhile lies behind this and is not looked at again.
    const { rows } = await this.client.query<{ last: string | null }>(
      `SELECT max(id)::text AS last FROM ${this.table}`,
    );
    const last = rows[0]?.last;
    if (last === null || last === undefined) return 0;
    let next = await this.firstSince(since, BigInt(last));
    let taken = 0;
    while (next !== undefined && next <= BigInt(last)) {
      const upTo: bigint = next + BigInt(REPUBLISH_STEP_ROWS_MAX) - 1n;
      const bounds = [next, upTo < BigInt(last) ? upTo : BigInt(last)].map(String);
      taken += await this.take('id BETWEEN $1 AND $2 AND created_at >= $3', [...bounds, since]);
      next = upTo + 1n;
    }
    return taken;
  }

  private async take(condition: string, values: readonly string[]): Promise<number> {
    const where = `WHERE ${condition} AND published_at IS NOT NULL`;
    const { rows } = await this.client.query<{ taken: number }>(
      this.dryRun
        ? `SELECT count(*)::int AS taken FROM ${this.table} ${where}`
        : `WITH taken AS (UPDATE ${this.table} SET published_at = NULL ${where} RETURNING 1)
           SELECT count(*)::int AS taken FROM taken`,
      [...values],
    );
    return rows[0]?.taken ?? 0;
  }

  /** Looks from the newest row back, since there may be seven days of them; ids rise with the time but for moments. */
  private async firstSince(since: string, last: bigint): Promise<bigint | undefined> {
    let first: bigint | undefined;
    for (let below = last + 1n; ;) {
      const { rows } = await this.client.query<{ lowest: string | null; first: string | null }>(
        `SELECT min(id)::text AS lowest, (min(id) FILTER (WHERE created_at >= $1))::text AS first
         FROM (SELECT id, created_at FROM ${this.table} WHERE id < $2 ORDER BY id DESC
               LIMIT ${REPUBLISH_STEP_ROWS_MAX}) AS step`,
        [since, below.toString()],
      );
      const { lowest = null, first: found = null } = rows[0] ?? {};
      if (lowest === null || found === null) return first;
      first = BigInt(found);
      below = BigInt(lowest);
    }
  }
}
