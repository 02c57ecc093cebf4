import type { MigrationInterface, QueryRunner } from 'typeorm';
import { ANCHOR_SCHEMA as schema } from '../schema.js';

/**
 * Remembers in which block an anchor was safe: by the block's hash, so that what a replica of the version before moves to another block
 * is not safe there. The index lets figures of networks read the anchors of a day and not all there ever were.
 */
export class AnchorLevels1785950000000 implements MigrationInterface {
  readonly name = 'AnchorLevels1785950000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE ${schema}.chain_anchor ADD COLUMN safe_hash text`);
    await runner.query(
      `CREATE INDEX chain_anchor_states ON ${schema}.chain_anchor (network, state, final_at DESC)`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP INDEX ${schema}.chain_anchor_states`);
    await runner.query(`ALTER TABLE ${schema}.chain_anchor DROP COLUMN safe_hash`);
  }
}
