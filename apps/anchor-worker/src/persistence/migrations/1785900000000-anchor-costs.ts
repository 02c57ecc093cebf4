import type { MigrationInterface, QueryRunner } from 'typeorm';
import { ANCHOR_SCHEMA as schema } from '../schema.js';

/**
 * What anchors cost, and at most may cost. Both are unknown of what a version before stored or stores meanwhile. The time is that of the
 * newest part, so that a sum over the last hours is never too small.
 */
export class AnchorCosts1785900000000 implements MigrationInterface {
  readonly name = 'AnchorCosts1785900000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `ALTER TABLE ${schema}.chain_anchor
         ADD COLUMN cost numeric(78,0) CHECK (cost >= 0),
         ADD COLUMN cost_max numeric(78,0) CHECK (cost_max >= 0),
         ADD COLUMN cost_at timestamptz`,
    );
    await runner.query(
      `CREATE INDEX chain_anchor_paid ON ${schema}.chain_anchor (network, cost_at) WHERE cost > 0`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      `ALTER TABLE ${schema}.chain_anchor DROP COLUMN cost, DROP COLUMN cost_max, DROP COLUMN cost_at`,
    );
  }
}
