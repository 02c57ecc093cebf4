import type { MigrationInterface, QueryRunner } from 'typeorm';
import { ANCHOR_SCHEMA as schema } from '../schema.js';

/** Proofs of anchors whose block is not final yet; a node may not give them any more when it is. */
export class KeepProofs1785500000000 implements MigrationInterface {
  readonly name = 'KeepProofs1785500000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `CREATE TABLE ${schema}.kept_proof (
        anchor_id uuid PRIMARY KEY REFERENCES ${schema}.chain_anchor (anchor_id),
        block_number bigint NOT NULL CHECK (block_number >= 0),
        block_hash text NOT NULL,
        recorded_in_block bigint NOT NULL CHECK (recorded_in_block BETWEEN 1 AND block_number),
        recorded_at bigint NOT NULL CHECK (recorded_at >= 0),
        proof jsonb NOT NULL,
        taken_at timestamptz NOT NULL DEFAULT clock_timestamp()
      )`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE ${schema}.kept_proof`);
  }
}
