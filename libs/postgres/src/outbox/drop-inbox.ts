import type { MigrationInterface, QueryRunner } from 'typeorm';
import { assertSchemaName } from '../schema-name.js';

/**
 * A migration that takes away the inbox, which earlier versions made beside the outbox and never used. Undoing it
 * makes none again, since nothing wants one.
 */
export function dropInbox(schema: string): new () => MigrationInterface {
  assertSchemaName(schema);
  return class DropInbox implements MigrationInterface {
    readonly name = 'DropInbox1785700000000';

    async up(runner: QueryRunner): Promise<void> {
      await runner.query(`DROP TABLE IF EXISTS ${schema}.inbox`);
    }

    down(): Promise<void> {
      return Promise.resolve();
    }
  };
}
