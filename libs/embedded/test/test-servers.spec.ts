import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTestDatabase, testNats, type TestDatabase } from '@touchstone/testing';
import pg from 'pg';

async function query(url: string, text: string): Promise<pg.QueryResult> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await client.query(text);
  } finally {
    await client.end();
  }
}

describe('test databases', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase('embedded');
  });
  afterAll(async () => {
    await database.drop();
  });

  it('gives each service its own schema as the default one (R-OPS-1)', async () => {
    const { rows } = await query(
      database.urlFor('signer'),
      'select current_schema() as s, current_user as u',
    );
    expect(rows).toEqual([{ s: 'signer', u: 'signer' }]);
    await expect(query(database.urlFor('signer'), 'create table t (a int)')).resolves.toBeDefined();
  });

  it.each(['select * from signer.t', 'create table signer.x (a int)', 'create table public.x (a int)'])(
    'refuses another service: %s',
    async (text) => {
      await expect(query(database.urlFor('proof-service'), text)).rejects.toThrow(
        'permission denied for schema',
      );
    },
  );

  it('prepares a template once and clones what was prepared', async () => {
    let prepared = 0;
    const template = {
      name: 'embedded-spec',
      prepare: async ({ urlFor }: Pick<TestDatabase, 'urlFor'>) => {
        prepared += 1;
        await query(urlFor('signer'), 'create table prepared (a int)');
      },
    };
    const [a, b] = await Promise.all([createTestDatabase('a', template), createTestDatabase('b', template)]);
    expect(prepared).toBe(1);
    for (const clone of [a, b]) {
      expect((await query(clone.urlFor('signer'), 'select * from prepared')).rowCount).toBe(0);
      await clone.drop();
    }
  });
});

describe('test NATS accounts', () => {
  it('isolates two accounts from each other', async () => {
    const [one, other] = [testNats(), testNats()];
    expect(one.account).not.toBe(other.account);
    const listener = await other.connect('signer');
    const received: string[] = [];
    listener.subscribe('svc.v1.signer.key-set.*', {
      callback: (_, message) => void received.push(message.subject),
    });
    await listener.flush();
    const caller = await one.connect('proof-service');
    await expect(
      caller.request('svc.v1.signer.key-set.proof-service', '', { timeout: 500 }),
    ).rejects.toThrow();
    expect(received).toEqual([]);
    await Promise.all([listener.close(), caller.close()]);
  });

  it('lets a service answer a request of a permitted caller and nobody publish in another name', async () => {
    const account = testNats();
    const signer = await account.connect('signer');
    signer.subscribe('svc.v1.signer.key-set.*', { callback: (_, message) => void message.respond('{}') });
    await signer.flush();
    const caller = await account.connect('proof-service');
    const answer = await caller.request('svc.v1.signer.key-set.proof-service', '', { timeout: 2_000 });
    expect(answer.string()).toBe('{}');
    await expect(caller.request('svc.v1.signer.key-set.anchor-worker', '', { timeout: 500 })).rejects.toThrow(
      /permissions violation/i,
    );
    await Promise.all([signer.close(), caller.close()]);
  });
});
