import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTestDatabase } from '@touchstone/testing';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import {
  assertMigrated,
  createDataSource,
  dropInbox,
  runMigrations,
  type ContractMigration,
} from '../src/index.js';
import { Batcher, BATCHER_ITEMS_DEFAULT_MAX } from '@touchstone/work';
import { CreateMessageTables1700000000000, openTestSchema, type TestSchema } from './test-schema.js';

/** What earlier versions made beside their outbox. */
class CreateInbox1700000000000 implements MigrationInterface {
  readonly name = 'CreateInbox1700000000000';
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE TABLE signer.inbox (consumer text, message_id text)');
  }
  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE signer.inbox');
  }
}

class AddLater1700000000001 implements MigrationInterface {
  readonly name = 'AddLater1700000000001';
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE TABLE later (id int)');
  }
  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE later');
  }
}

class TakeAway1700000000002 implements ContractMigration {
  readonly name = 'TakeAway1700000000002';
  readonly phase = 'contract';
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE IF EXISTS former');
  }
  async down(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE TABLE former (id int)');
  }
}

describe('migrations', () => {
  it('take away only in the phase that contracts, and a service starts before it', async () => {
    const database = await createTestDatabase('phases');
    const options = {
      url: database.urlFor('signer'),
      schema: 'signer',
      applicationName: 'migrations',
      migrations: [TakeAway1700000000002, AddLater1700000000001],
    };
    const dataSource = await createDataSource(options).initialize();
    const former = () => dataSource.query(`SELECT to_regclass('former')::text AS name`);
    try {
      await dataSource.query('CREATE TABLE former (id int)');
      await expect(assertMigrated(dataSource)).rejects.toThrow('AddLater1700000000001');
      expect(await runMigrations(options, 'expand')).toEqual(['AddLater1700000000001']);
      await assertMigrated(dataSource);
      expect(await former()).toEqual([{ name: 'former' }]);
      expect(await runMigrations(options, 'contract')).toEqual(['TakeAway1700000000002']);
      expect(await former()).toEqual([{ name: null }]);
      expect(await runMigrations(options)).toEqual([]);
    } finally {
      await dataSource.destroy();
      await database.drop();
    }
  });

  it('run once although two deployments start them at the same time', async () => {
    const database = await createTestDatabase('migrations');
    const options = {
      url: database.urlFor('signer'),
      schema: 'signer',
      applicationName: 'migrations',
      migrations: [CreateMessageTables1700000000000],
    };
    try {
      const ran = await Promise.all([runMigrations(options), runMigrations(options), runMigrations(options)]);
      expect(ran.flat()).toEqual(['CreateMessageTables1700000000000']);
    } finally {
      await database.drop();
    }
  });

  it('take away the inbox of an earlier version, and do nothing where there is none', async () => {
    const database = await createTestDatabase('drop_inbox');
    const options = { url: database.urlFor('signer'), schema: 'signer', applicationName: 'migrations' };
    const run = (...migrations: (new () => MigrationInterface)[]) =>
      runMigrations({ ...options, migrations });
    try {
      await run(CreateInbox1700000000000);
      expect(await run(CreateInbox1700000000000, dropInbox('signer'))).toEqual(['DropInbox1785700000000']);
      const dataSource = await createDataSource({
        ...options,
        migrations: [dropInbox('signer')],
      }).initialize();
      expect(await dataSource.query(`SELECT to_regclass('signer.inbox') AS name`)).toEqual([{ name: null }]);
      await dataSource.undoLastMigration();
      await dataSource.destroy();
      expect(await run(dropInbox('signer'))).toEqual(['DropInbox1785700000000']);
    } finally {
      await database.drop();
    }
  });

  it('make a missing schema when the role may', async () => {
    const database = await createTestDatabase('migrations');
    const options = {
      url: database.url,
      schema: 'fresh',
      applicationName: 'migrations',
      migrations: [AddLater1700000000001],
    };
    try {
      expect(await runMigrations(options)).toEqual(['AddLater1700000000001']);
      const dataSource = await createDataSource(options).initialize();
      // Names without a schema resolve in the service's own one.
      expect(await dataSource.query(`SELECT to_regclass('later')::text AS name`)).toEqual([
        { name: 'later' },
      ]);
      expect(await dataSource.query(`SELECT to_regclass('fresh.migrations') IS NOT NULL AS own`)).toEqual([
        { own: true },
      ]);
      await dataSource.undoLastMigration();
      expect(await dataSource.query(`SELECT to_regclass('later') AS name`)).toEqual([{ name: null }]);
      await dataSource.destroy();
    } finally {
      await database.drop();
    }
  });

  it.each(['Signer', 'a-b', 'x; DROP SCHEMA public', ''])('refuse the schema name %j', async (schema) => {
    await expect(
      runMigrations({ url: 'postgresql://127.0.0.1:1/none', schema, applicationName: 'x' }),
    ).rejects.toMatchObject({ code: 'config-invalid' });
  });
});

describe('a migrated schema', () => {
  let schema: TestSchema;
  beforeAll(async () => {
    schema = await openTestSchema('postgres');
  });
  afterAll(() => schema.close());

  it('passes the check of its own build and of an older one', async () => {
    await assertMigrated(schema.dataSource);
    const older = await createDataSource({ ...schema.options, migrations: [] }).initialize();
    await assertMigrated(older);
    await older.destroy();
  });

  it('fails the check of a newer build with the names that are missing', async () => {
    const newer = await createDataSource({
      ...schema.options,
      migrations: [CreateMessageTables1700000000000, AddLater1700000000001],
    }).initialize();
    await expect(assertMigrated(newer)).rejects.toMatchObject({
      code: 'dependency-unavailable',
      message: expect.stringContaining('AddLater1700000000001'),
    });
    await newer.destroy();
  });

  it('fails the check when nothing ran', async () => {
    const database = await createTestDatabase('unmigrated');
    const dataSource = await createDataSource({
      ...schema.options,
      url: database.urlFor('signer'),
    }).initialize();
    await expect(assertMigrated(dataSource)).rejects.toMatchObject({ code: 'dependency-unavailable' });
    await dataSource.destroy();
    await database.drop();
  });

  it('cancels a statement that takes too long', async () => {
    const dataSource = await createDataSource({ ...schema.options, statementTimeoutMs: 100 }).initialize();
    await expect(dataSource.query('SELECT pg_sleep(5)')).rejects.toThrow('statement timeout');
    await dataSource.destroy();
  });

  it('writes thousands of single records with few commits', async () => {
    await schema.dataSource.query(
      'CREATE TABLE signer.audit (id bigserial PRIMARY KEY, text text NOT NULL UNIQUE)',
    );
    let commits = 0;
    const group = new Batcher<string, string>({
      write: async (items) => {
        commits += 1;
        const rows = (await schema.dataSource.query(
          `INSERT INTO signer.audit (text) SELECT * FROM unnest($1::text[]) RETURNING text`,
          [items],
        )) as { text: string }[];
        return rows.map(({ text }) => text);
      },
    });
    const texts = Array.from({ length: 5_000 }, (_, index) => `record ${index}`);
    expect(await Promise.all(texts.map((text) => group.add(text)))).toEqual(texts);
    expect(commits).toBe(Math.ceil(texts.length / BATCHER_ITEMS_DEFAULT_MAX));
    const duplicate = await Promise.allSettled([group.add('record 0'), group.add('new in the same group')]);
    expect(duplicate.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await schema.dataSource.query(`SELECT 1 FROM signer.audit WHERE text LIKE 'new%'`)).toEqual([]);
    await group.close();
  });
});
