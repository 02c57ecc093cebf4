import type { MigrationInterface, QueryRunner } from 'typeorm';
import { ANCHOR_SCHEMA as schema } from '../schema.js';

/**
 * Keeps of every final anchor the time that its chain or authority states, and lets the first one of each network that covers a batch be
 * one index read. Where it is not known, from the version before, a batch has that of its first anchor.
 */
export class AnchoredAt1785850000000 implements MigrationInterface {
  readonly name = 'AnchoredAt1785850000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE ${schema}.chain_anchor ADD COLUMN anchored_at timestamptz`);
    await runner.query(
      `CREATE INDEX chain_anchor_final ON ${schema}.chain_anchor (network, checkpoint_size) WHERE state = 'final'`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP INDEX ${schema}.chain_anchor_final`);
    await runner.query(`ALTER TABLE ${schema}.chain_anchor DROP COLUMN anchored_at`);
  }
}
