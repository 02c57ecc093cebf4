import type { MigrationInterface, QueryRunner } from 'typeorm';
import { ANCHOR_SCHEMA as schema } from '../schema.js';

/**
 * Anchors of several kinds: contract and payer belong to those that have them. What is stored, and what a replica of the version
 * before stores meanwhile, is of the kind evm.
 */
export class AnchorKinds1785800000000 implements MigrationInterface {
  readonly name = 'AnchorKinds1785800000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE ${schema}.chain_anchor ADD COLUMN kind text NOT NULL DEFAULT 'evm'`);
    for (const column of ['contract', 'submitter'])
      await runner.query(`ALTER TABLE ${schema}.chain_anchor ALTER COLUMN ${column} DROP NOT NULL`);
    await runner.query(
      `ALTER TABLE ${schema}.chain_anchor ADD CONSTRAINT chain_anchor_of_evm
         CHECK (kind <> 'evm' OR (contract IS NOT NULL AND submitter IS NOT NULL))`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DELETE FROM ${schema}.chain_anchor WHERE kind <> 'evm'`);
    await runner.query(`ALTER TABLE ${schema}.chain_anchor DROP CONSTRAINT chain_anchor_of_evm`);
    for (const column of ['contract', 'submitter'])
      await runner.query(`ALTER TABLE ${schema}.chain_anchor ALTER COLUMN ${column} SET NOT NULL`);
    await runner.query(`ALTER TABLE ${schema}.chain_anchor DROP COLUMN kind`);
  }
}
