import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The content identifier of each proof, and where its object was put. What a replica of this version, of the version before, or of long ago
 * stores has none at first: the service gives it one, since that takes code.
 */
export class ProofObjects1798700000000 implements MigrationInterface {
  readonly name = 'ProofObjects1798700000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [
      'ALTER TABLE proofs.execution_proof ADD COLUMN cid text',
      'CREATE INDEX execution_proof_of_cid ON proofs.execution_proof (cid) WHERE cid IS NOT NULL',
      'CREATE INDEX execution_proof_without_cid ON proofs.execution_proof (place) WHERE cid IS NULL',
      `CREATE TABLE proofs.object_publication (
         verification_id uuid NOT NULL REFERENCES proofs.execution_proof,
         place text NOT NULL CHECK (place IN ('folder', 'ipfs')),
         waiting_since timestamptz NOT NULL DEFAULT now(),
         attempts int NOT NULL DEFAULT 0,
         next_attempt_at timestamptz NOT NULL DEFAULT now(),
         withheld boolean NOT NULL DEFAULT false,
         published_at timestamptz,
         PRIMARY KEY (verification_id, place)
       )`,
      `CREATE INDEX object_publication_due ON proofs.object_publication (place, next_attempt_at)
       WHERE published_at IS NULL AND NOT withheld`,
    ])
      await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of [
      'DROP TABLE proofs.object_publication',
      'DROP INDEX proofs.execution_proof_of_cid',
      'DROP INDEX proofs.execution_proof_without_cid',
      'ALTER TABLE proofs.execution_proof DROP COLUMN cid',
    ])
      await runner.query(statement);
  }
}
