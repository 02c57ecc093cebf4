import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a node took of its allowances: heartbeats, and changes of its status. */
export class NodeAllowances1785800000000 implements MigrationInterface {
  readonly name = 'NodeAllowances1785800000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE attestation.node
        ADD COLUMN heartbeats_refilled_at timestamptz,
        ADD COLUMN status_changes_refilled_at timestamptz`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE attestation.node
        DROP COLUMN status_changes_refilled_at,
        DROP COLUMN heartbeats_refilled_at`);
  }
}
