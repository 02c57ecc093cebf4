import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { PublishEvent } from '@touchstone/platform/wiring';
import {
  startOwnPostgres,
  startPostgresPair,
  TcpProxy,
  waitUntil,
  type OwnPostgres,
  type PostgresPair,
} from '@touchstone/testing';
import type { DataSource } from 'typeorm';
import { createDataSource, Outbox, OutboxRelay, runMigrations, withDatabase } from '../src/index.js';
import {
  CreateMessageTables1700000000000,
  nodeChangedBody,
  openTestSchema,
  type TestSchema,
} from './test-schema.js';

const SUBJECT = 'evt.v1.attestation.node.changed';
const POOL_MAX = 3;

function append(dataSource: DataSource, outbox: Outbox, number: number): Promise<string> {
  return withDatabase(() =>
    dataSource.transaction((manager) => outbox.append(manager, SUBJECT, nodeChangedBody(number))),
  );
}

describe('a server that turns read-only under its sessions', () => {
  let postgres: OwnPostgres;
  let schema: TestSchema;
  let dataSource: DataSource;
  beforeAll(async () => {
    postgres = await startOwnPostgres();
    schema = await openTestSchema('read_only', postgres);
    dataSource = await createDataSource({ ...schema.options, poolMax: POOL_MAX }).initialize();
  }, 60_000);
  afterAll(async () => {
    await dataSource.destroy();
    await schema.close();
  });
  afterEach(() => postgres.setReadOnly(false));

  const pids = async () => {
    const found = await Promise.all(
      Array.from({ length: POOL_MAX }, () =>
        dataSource.query<{ pid: number }[]>('SELECT pg_backend_pid() AS pid FROM pg_sleep(0.05)'),
      ),
    );
    return new Set(found.map(([row]) => row?.pid));
  };

  it('is an unavailable dependency, and all sessions with it are left', async () => {
    const outbox = new Outbox(dataSource);
    const before = await pids();
    expect(before.size).toBe(POOL_MAX);
    await postgres.setReadOnly(true);
    await expect(append(dataSource, outbox, 1)).rejects.toMatchObject({
      code: 'dependency-unavailable',
      retryAfterSeconds: 1,
      cause: { code: '25006' },
    });
    // The others are asked once more and end after it.
    await pids();
    const after = await pids();
    expect([...after].filter((pid) => before.has(pid))).toEqual([]);
    await postgres.setReadOnly(false);
    await append(dataSource, outbox, 2);
  });

  it('keeps its sessions after an error that is not about the server', async () => {
    const before = await pids();
    await expect(dataSource.query('SELECT 1 / 0')).rejects.toMatchObject({ code: '22012' });
    expect(await pids()).toEqual(before);
  });

  it('has nothing published from it: not one event again and again that cannot be marked', async () => {
    const sent: string[] = [];
    const publish: PublishEvent = (_subject, _payload, { msgId }) => {
      sent.push(msgId);
      return Promise.resolve();
    };
    const relay = new OutboxRelay({ dataSource, publish, pollMs: 50 });
    await dataSource.query('DELETE FROM signer.outbox');
    relay.start();
    try {
      await waitUntil(() => relay.active);
      await postgres.setReadOnly(true);
      await waitUntil(() => !relay.active);
      // As the end of a transaction that began before.
      const runner = dataSource.createQueryRunner();
      await runner.query('SET default_transaction_read_only = off');
      await runner.startTransaction();
      const id = await new Outbox(dataSource).append(runner, SUBJECT, nodeChangedBody(3));
      await runner.commitTransaction();
      await runner.release();
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      expect(sent).toEqual([]);
      await postgres.setReadOnly(false);
      await waitUntil(() => sent.length > 0, 10_000);
      expect(sent).toEqual([id]);
    } finally {
      await relay.stop();
    }
  });
});

describe('a standby that becomes the primary', () => {
  let pair: PostgresPair;
  let proxy: TcpProxy;
  beforeAll(async () => {
    pair = await startPostgresPair();
    proxy = new TcpProxy(pair.primaryPort);
  }, 120_000);
  afterAll(async () => {
    await proxy.cut();
    await pair.drop();
  });

  it('is reached within seconds without a restart, though the old one keeps its connections; no event is lost', async () => {
    const options = {
      url: pair.urlFor('signer', await proxy.open()),
      schema: 'signer',
      applicationName: 'failover',
      migrations: [CreateMessageTables1700000000000],
    };
    await runMigrations(options);
    const dataSource = await createDataSource(options).initialize();
    const published = new Set<string>();
    const relay = new OutboxRelay({
      dataSource,
      publish: (_subject, _payload, { msgId }) => {
        published.add(msgId);
        return Promise.resolve();
      },
    });
    relay.start();
    const outbox = new Outbox(dataSource);
    const committed: { readonly id: string; readonly atMs: number }[] = [];
    const refusals: unknown[] = [];
    let stop = false;
    const load = Array.from({ length: 4 }, async () => {
      while (!stop) {
        try {
          committed.push({ id: await append(dataSource, outbox, 1), atMs: performance.now() });
        } catch (error) {
          refusals.push(error);
        }
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    });
    const goesOn = async () => {
      const fromMs = performance.now();
      await waitUntil(() => (committed.at(-1)?.atMs ?? 0) > fromMs, 5_000);
    };
    await goesOn();
    await waitUntil(() => relay.active);

    await pair.failOver();
    proxy.leadTo(pair.standbyPort);
    await goesOn();
    const [{ recovering } = { recovering: true }] = await dataSource.query<{ recovering: boolean }[]>(
      'SELECT pg_is_in_recovery() AS recovering',
    );
    expect(recovering).toBe(false);
    await waitUntil(() => relay.active, 10_000);

    await pair.demote();
    await goesOn();

    stop = true;
    await Promise.all(load);
    await waitUntil(() => committed.every(({ id }) => published.has(id)), 10_000);
    expect(refusals.length).toBeGreaterThan(0);
    for (const refusal of refusals) expect(refusal).toMatchObject({ code: 'dependency-unavailable' });
    const rows = await pair.query<{ id: string }>(
      pair.standbyPort,
      'SELECT message_id AS id FROM signer.outbox',
    );
    const stored = new Set(rows.map(({ id }) => id));
    expect(committed.filter(({ id }) => !stored.has(id))).toEqual([]);
    await relay.stop();
    await dataSource.destroy();
  }, 120_000);
});
