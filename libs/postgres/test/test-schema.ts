import type { EventBody } from '@touchstone/contracts';
import { createTestDatabase, type TestDatabase } from '@touchstone/testing';
import type { DataSource, MigrationInterface, QueryRunner } from 'typeorm';
import {
  createDataSource,
  outboxTables,
  RememberSequences1785710000000,
  runMigrations,
  type PostgresOptions,
} from '../src/index.js';

/** The first migration of a service that has nothing but an outbox. */
export class CreateMessageTables1700000000000 implements MigrationInterface {
  readonly name = 'CreateMessageTables1700000000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const sql of outboxTables('signer').up) await runner.query(sql);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const sql of outboxTables('signer').down) await runner.query(sql);
  }
}

/** A database of one spec with the migrated schema `signer`, reached as its role. */
export interface TestSchema {
  readonly database: Omit<TestDatabase, 'name'>;
  readonly options: PostgresOptions;
  readonly dataSource: DataSource;
  close(): Promise<void>;
}

export async function openTestSchema(
  label: string,
  database: Omit<TestDatabase, 'name'> | undefined = undefined,
): Promise<TestSchema> {
  database ??= await createTestDatabase(label);
  const options: PostgresOptions = {
    url: database.urlFor('signer'),
    schema: 'signer',
    applicationName: label,
    migrations: [CreateMessageTables1700000000000, RememberSequences1785710000000],
  };
  await runMigrations(options);
  const dataSource = await createDataSource(options).initialize();
  return {
    database,
    options,
    dataSource,
    close: async () => {
      await dataSource.destroy();
      await database.drop();
    },
  };
}

/** A valid body of `evt.v1.attestation.node.changed` that carries a number. */
export function nodeChangedBody(number: number): EventBody<'evt.v1.attestation.node.changed'> {
  return {
    ...{ nodeId: `node-${number}`, status: 'OK', previous: null, changedAt: '2026-01-02T03:04:05.006Z' },
    ...{ zone: 'default', quarantined: false, blocked: false },
  };
}

/** The number that {@link nodeChangedBody} put into a payload. */
export function numberOf(payload: Uint8Array): number {
  const body = JSON.parse(new TextDecoder().decode(payload)) as { nodeId: string };
  return Number(body.nodeId.slice('node-'.length));
}
