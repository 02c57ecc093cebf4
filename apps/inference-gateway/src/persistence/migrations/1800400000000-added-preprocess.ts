import type { MigrationInterface, QueryRunner } from 'typeorm';
import { GATEWAY_SCHEMA as schema } from '../schema.js';

/** Added models may take pictures, or texts by a tokenizer: the files that say how are kept with them. */
export class AddedPreprocess1800400000000 implements MigrationInterface {
  readonly name = 'AddedPreprocess1800400000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `ALTER TABLE ${schema}.added_models ADD COLUMN preprocess bytea, ADD COLUMN tokenizer bytea`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE ${schema}.added_models DROP COLUMN preprocess, DROP COLUMN tokenizer`);
  }
}
