import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Entries of the log that are no batches, by the SHA-256 of their text: commitments, key sets, set-ups of keys. */
export class LogObjects1799910000000 implements MigrationInterface {
  readonly name = 'LogObjects1799910000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `CREATE TABLE proofs.log_object (
         sha256 bytea PRIMARY KEY CHECK (length(sha256) = 32),
         log_index bigint NOT NULL
       )`,
    );
    await runner.query(
      `INSERT INTO proofs.log_object (sha256, log_index)
       SELECT sha256(convert_to(entry, 'UTF8')), log_index FROM proofs.log_entry AS entry
       WHERE NOT EXISTS (SELECT 1 FROM proofs.batch WHERE batch.log_index = entry.log_index)
       ORDER BY log_index ON CONFLICT DO NOTHING`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE proofs.log_object');
  }
}
