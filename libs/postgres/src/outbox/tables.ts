import { assertSchemaName } from '../schema-name.js';

/** SQL statements of a migration, in order. */
export interface MigrationSql {
  readonly up: readonly string[];
  readonly down: readonly string[];
}

/**
 * The outbox of a service, for its first migration.
 *
 * The partial index holds only what is not published: the relay asks for exactly that and never for `id > last`,
 * because ids are taken before their transactions commit, so that a smaller one may appear after a larger one. Marked
 * rows leave the index, hence the early vacuum.
 */
export function outboxTables(schema: string): MigrationSql {
  assertSchemaName(schema);
  return {
    up: [
      `CREATE TABLE ${schema}.outbox (
        id bigserial PRIMARY KEY,
        message_id uuid NOT NULL UNIQUE,
        subject text NOT NULL,
        headers jsonb NOT NULL,
        payload bytea NOT NULL,
        created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        published_at timestamptz
      ) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.05)`,
      `CREATE INDEX outbox_pending ON ${schema}.outbox (id) WHERE published_at IS NULL`,
    ],
    down: [`DROP TABLE ${schema}.outbox`],
  };
}
