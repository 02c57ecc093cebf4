import type { MigrationInterface, QueryRunner } from 'typeorm';
import { GATEWAY_SCHEMA as schema } from '../schema.js';

/**
 * Keeps events of up to a page in their row. They are hashes and signatures mostly: PostgreSQL tried to compress
 * each, gained nothing, and wrote it to a second table with an index of its own, which took most of the insert.
 */
export class InlineEvents1763900000000 implements MigrationInterface {
  readonly name = 'InlineEvents1763900000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE ${schema}.outbox SET (toast_tuple_target = 8160)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE ${schema}.outbox RESET (toast_tuple_target)`);
  }
}
