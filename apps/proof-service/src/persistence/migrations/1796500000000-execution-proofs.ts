import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Proofs of executions by their output, of which the record may come later. `place` grows with every proof, in the order in which they
 * become visible: whoever keeps a bundle in memory learns by the largest one whether any came since.
 */
export class ExecutionProofs1796500000000 implements MigrationInterface {
  readonly name = 'ExecutionProofs1796500000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE proofs.execution_proof (
        verification_id uuid PRIMARY KEY,
        zk text NOT NULL,
        proved_at timestamptz NOT NULL,
        place bigint GENERATED ALWAYS AS IDENTITY UNIQUE
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE proofs.execution_proof');
  }
}
