import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Anchors of several kinds, some of which know no blocks. What is stored, and what a replica of the version before stores
 * meanwhile, is of the kind evm.
 */
export class AnchorKinds1785800000000 implements MigrationInterface {
  readonly name = 'AnchorKinds1785800000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE proofs.anchor ADD COLUMN kind text NOT NULL DEFAULT 'evm'`);
    await runner.query('ALTER TABLE proofs.anchor ALTER COLUMN block_number DROP NOT NULL');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DELETE FROM proofs.anchor WHERE block_number IS NULL');
    await runner.query('ALTER TABLE proofs.anchor ALTER COLUMN block_number SET NOT NULL');
    await runner.query('ALTER TABLE proofs.anchor DROP COLUMN kind');
  }
}
