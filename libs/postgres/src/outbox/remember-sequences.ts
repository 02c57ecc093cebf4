import type { MigrationInterface, QueryRunner } from 'typeorm';
import { connectionOf } from '../data-source.js';

/** Each published event remembers its place in the stream; for every service with an outbox. */
export class RememberSequences1785710000000 implements MigrationInterface {
  readonly name = 'RememberSequences1785710000000';

  async up(runner: QueryRunner): Promise<void> {
    const { schema } = connectionOf(runner.connection);
    await runner.query(`ALTER TABLE ${schema}.outbox ADD COLUMN stream_sequence bigint`);
  }

  async down(runner: QueryRunner): Promise<void> {
    const { schema } = connectionOf(runner.connection);
    await runner.query(`ALTER TABLE ${schema}.outbox DROP COLUMN stream_sequence`);
  }
}
