import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Signed batches of events with what was sent of their events, and the profile of each tree. `event_id` is UTF-8, because an
 * id may hold what a text of the database cannot.
 */
export class EventBatches1796400000000 implements MigrationInterface {
  readonly name = 'EventBatches1796400000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `ALTER TABLE proofs.batch ADD COLUMN tree_profile text NOT NULL DEFAULT 'rfc9162-sha256'
         CHECK (tree_profile IN ('rfc9162-sha256', 'event-batch-v1'))`,
    );
    await runner.query(`
      CREATE TABLE proofs.event_batch (
        batch_id uuid PRIMARY KEY,
        evidence_id uuid NOT NULL UNIQUE,
        held boolean NOT NULL,
        body jsonb NOT NULL,
        signed_at timestamptz NOT NULL
      )`);
    await runner.query(`
      CREATE TABLE proofs.event (
        batch_id uuid NOT NULL,
        leaf_index integer NOT NULL,
        event_id bytea NOT NULL CHECK (length(event_id) BETWEEN 1 AND 128),
        event text NOT NULL,
        PRIMARY KEY (batch_id, leaf_index),
        UNIQUE (batch_id, event_id)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE proofs.event, proofs.event_batch');
    await runner.query('ALTER TABLE proofs.batch DROP COLUMN tree_profile');
  }
}
