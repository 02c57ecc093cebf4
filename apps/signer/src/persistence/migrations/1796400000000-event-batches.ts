import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Signed batches of events: an id is used once, and a stream has one batch of a time. */
export class EventBatches1796400000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE signer.event_batch (
        batch_id uuid PRIMARY KEY,
        tenant uuid NOT NULL,
        format text NOT NULL,
        batch_ts timestamptz NOT NULL,
        root bytea NOT NULL CHECK (length(root) = 32),
        caller text NOT NULL,
        body jsonb NOT NULL,
        signed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        UNIQUE (tenant, format, batch_ts)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE signer.event_batch');
  }
}
