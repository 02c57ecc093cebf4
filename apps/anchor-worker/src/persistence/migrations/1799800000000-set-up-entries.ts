import type { MigrationInterface, QueryRunner } from 'typeorm';
import { ANCHOR_SCHEMA as schema } from '../schema.js';

/** Entries of the log about set-ups of keys. What stands in the log is never taken away, so that there is no way back with one. */
export class SetUpEntries1799800000000 implements MigrationInterface {
  readonly name = 'SetUpEntries1799800000000';

  async up(runner: QueryRunner): Promise<void> {
    await this.allow(runner, ['batch', 'commitment', 'key-set', 'set-up']);
  }

  async down(runner: QueryRunner): Promise<void> {
    await this.allow(runner, ['batch', 'commitment', 'key-set']);
  }

  private async allow(runner: QueryRunner, kinds: readonly string[]): Promise<void> {
    const list = kinds.map((kind) => `'${kind}'`).join(', ');
    await runner.query(`ALTER TABLE ${schema}.log_entry DROP CONSTRAINT log_entry_kind_check`);
    await runner.query(
      `ALTER TABLE ${schema}.log_entry ADD CONSTRAINT log_entry_kind_check CHECK (kind IN (${list}))`,
    );
  }
}
