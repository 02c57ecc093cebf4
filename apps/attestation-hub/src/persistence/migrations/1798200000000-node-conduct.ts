import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How nodes count their starts and heartbeats, and when a clock that is off was told. */
export class NodeConduct1798200000000 implements MigrationInterface {
  readonly name = 'NodeConduct1798200000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      'ALTER TABLE attestation.node ADD COLUMN conduct jsonb, ADD COLUMN skew_told_at timestamptz',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE attestation.node DROP COLUMN skew_told_at, DROP COLUMN conduct');
  }
}
