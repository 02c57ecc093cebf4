import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Keeps records of up to a page in their row: they do not compress, and a second table costs more than the row. */
export class InlineRecords1763900000000 implements MigrationInterface {
  readonly name = 'InlineRecords1763900000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE proofs.output SET (toast_tuple_target = 8160)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE proofs.output RESET (toast_tuple_target)');
  }
}
