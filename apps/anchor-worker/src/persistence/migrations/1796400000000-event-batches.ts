import type { MigrationInterface, QueryRunner } from 'typeorm';
import { ANCHOR_SCHEMA as schema } from '../schema.js';

/** Batches of events in the log: they come signed, and take one place each. */
export class EventBatches1796400000000 implements MigrationInterface {
  readonly name = 'EventBatches1796400000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE ${schema}.event_batch (
        batch_id uuid PRIMARY KEY,
        tenant uuid NOT NULL,
        log_index bigint NOT NULL UNIQUE REFERENCES ${schema}.log_entry (log_index),
        root bytea NOT NULL CHECK (octet_length(root) = 32),
        leaf_count integer NOT NULL CHECK (leaf_count BETWEEN 1 AND 5000),
        sealed_at timestamptz NOT NULL
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE ${schema}.event_batch`);
  }
}
