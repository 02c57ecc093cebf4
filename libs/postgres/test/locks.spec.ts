import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { waitUntil } from '@touchstone/testing';
import type { QueryRunner } from 'typeorm';
import {
  createDataSource,
  KEEPALIVE_IDLE_SECONDS,
  KEEPALIVE_INTERVAL_SECONDS,
  KEEPALIVE_PROBES_MAX,
  LOCK_CLASSES,
  lockInTransaction,
  LOST_PEER_SECONDS,
  OutboxRelay,
  runExclusively,
} from '../src/index.js';
import { lockKey, TRY_LOCK_SQL } from '../src/locks.js';
import { openSession } from '../src/sessions.js';
import { RelaySession } from '../src/outbox/relay-session.js';
import { openTestSchema, type TestSchema } from './test-schema.js';

describe('advisory locks', () => {
  let schema: TestSchema;
  beforeAll(async () => {
    schema = await openTestSchema('locks');
  });
  afterAll(() => schema.close());

  const run = <T>(name: string, work: () => Promise<T>) =>
    runExclusively(schema.dataSource, 'recovery', name, work);
  const held = async (lockClass: number) => {
    const [row] = (await schema.dataSource.query(
      `SELECT count(*)::int AS count FROM pg_locks
       WHERE locktype = 'advisory' AND classid = $1 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
      [lockClass],
    )) as [{ count: number }];
    return row.count;
  };

  it('give a turn to one at a time and to each name its own', async () => {
    const nested: unknown[] = [];
    const ran = await run('job', async () => {
      nested.push(await run('job', async () => 1));
      nested.push(await run('other job', async () => 2));
      nested.push(await runExclusively(schema.dataSource, 'stage', 'job', async () => 3));
      return 4;
    });
    expect([ran, ...nested]).toEqual([{ result: 4 }, undefined, { result: 2 }, { result: 3 }]);
    expect(await held(LOCK_CLASSES.recovery)).toBe(0);
  });

  it('are free again after work that failed', async () => {
    await expect(run('job', () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(await run('job', async () => undefined)).toEqual({ result: undefined });
  });

  it('tell that the database is away before the work begins', async () => {
    const away = {
      createQueryRunner: () =>
        ({
          query: () => Promise.reject(Object.assign(new Error('gone'), { code: 'ECONNREFUSED' })),
          release: () => Promise.resolve(),
        }) as unknown as QueryRunner,
    };
    let began = false;
    const turn = runExclusively(away, 'recovery', 'job', async () => {
      began = true;
    });
    await expect(turn).rejects.toMatchObject({ code: 'dependency-unavailable' });
    expect(began).toBe(false);
  });

  /** A data source of one connection whose unlocking fails, although the session goes on. */
  const withoutUnlock = async () => {
    const dataSource = await createDataSource({ ...schema.options, poolMax: 1 }).initialize();
    const createQueryRunner = () => {
      const runner = dataSource.createQueryRunner();
      const query = runner.query.bind(runner) as (text: string, values?: unknown[]) => Promise<unknown>;
      const refusing = (text: string, values?: unknown[]) =>
        text.includes('unlock') ? Promise.reject(new Error('The unlock failed.')) : query(text, values);
      return Object.assign(runner, { query: refusing });
    };
    const pid = async () =>
      ((await dataSource.query('SELECT pg_backend_pid() AS pid')) as { pid: number }[])[0]?.pid;
    return { dataSource, exclusive: { createQueryRunner }, pid };
  };

  it('keep what the work returned or threw when unlocking fails, and end the session that may still hold one', async () => {
    const { dataSource, exclusive, pid } = await withoutUnlock();
    try {
      const before = await pid();
      expect(await runExclusively(exclusive, 'recovery', 'job', async () => 7)).toEqual({ result: 7 });
      expect(await pid()).not.toBe(before);
      const failing = runExclusively(exclusive, 'recovery', 'job', () => Promise.reject(new Error('broken')));
      await expect(failing).rejects.toThrow('broken');
      // The server ends a session a moment after its client.
      await waitUntil(async () => (await held(LOCK_CLASSES.recovery)) === 0);
    } finally {
      await dataSource.destroy();
    }
  });

  it('keep what the work returned when its session was lost meanwhile', async () => {
    const dataSource = await createDataSource({
      ...schema.options,
      applicationName: 'lost lock',
    }).initialize();
    try {
      const turn = await runExclusively(dataSource, 'recovery', 'job', async () => {
        await schema.dataSource.query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'lost lock'`,
        );
        await new Promise((resolve) => setTimeout(resolve, 100));
        return 7;
      });
      expect(turn).toEqual({ result: 7 });
      expect(await dataSource.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
    } finally {
      await dataSource.destroy();
    }
  });

  it('end with their transaction', async () => {
    await schema.dataSource.transaction(async (manager) => {
      await lockInTransaction(manager, 'log', 'origin');
      expect(await held(LOCK_CLASSES.log)).toBe(1);
    });
    expect(await held(LOCK_CLASSES.log)).toBe(0);
  });

  it('may be taken by any role of the database and end with the session that took them', async () => {
    const other = await openSession({
      url: schema.database.urlFor('proof-service'),
      schema: 'proofs',
      applicationName: 'other role',
      statementTimeoutMs: 0,
    });
    await other.query(TRY_LOCK_SQL, lockKey('recovery', 'job'));
    expect(await run('job', async () => 1)).toBeUndefined();
    await other.end();
    await waitUntil(async () => (await run('job', async () => 1)) !== undefined);
  });

  it('are not shared by a relay and a log that has the name of its schema', async () => {
    const relay = new OutboxRelay({ dataSource: schema.dataSource, publish: () => Promise.resolve() });
    relay.start();
    try {
      await waitUntil(() => relay.active);
      await schema.dataSource.transaction(async (manager) => {
        await manager.query(`SET LOCAL statement_timeout = 1000`);
        await lockInTransaction(manager, 'log', 'signer');
      });
    } finally {
      await relay.stop();
    }
  });
});

describe('sessions that hold locks', () => {
  let schema: TestSchema;
  beforeAll(async () => {
    schema = await openTestSchema('keepalives');
  });
  afterAll(() => schema.close());

  const names = ['idle', 'interval', 'count'].map((name) => `tcp_keepalives_${name}`);
  // For a socket of TCP, SHOW asks the kernel what is in force. A packet that is lost cannot be made on loopback without
  // rights over the network, so that the end of a lock whose host vanished is shown by these figures alone.
  const inForce = {
    tcp_keepalives_idle: `${KEEPALIVE_IDLE_SECONDS}`,
    tcp_keepalives_interval: `${KEEPALIVE_INTERVAL_SECONDS}`,
    tcp_keepalives_count: `${KEEPALIVE_PROBES_MAX}`,
    tcp_user_timeout: `${LOST_PEER_SECONDS * 1_000}`,
    search_path: 'signer',
  };
  const settingsOf = async (show: (statement: string) => Promise<Record<string, string>[]>) => {
    const shown: Record<string, string> = {};
    for (const name of [...names, 'tcp_user_timeout', 'search_path'])
      Object.assign(shown, (await show(`SHOW ${name}`))[0]);
    return shown;
  };

  it('are given up by the server within half a minute after their host vanished', () => {
    expect(LOST_PEER_SECONDS).toBeLessThanOrEqual(30);
  });

  it('have the keepalives in force: those of the pool', async () => {
    await schema.dataSource.query('SELECT 1');
    expect(await settingsOf((statement) => schema.dataSource.query(statement))).toEqual(inForce);
  });

  it('have the keepalives in force: that of the relay', async () => {
    const session = await RelaySession.open(
      schema.dataSource,
      () => undefined,
      () => undefined,
    );
    try {
      const { client } = session as unknown as {
        client: { query(statement: string): Promise<{ rows: Record<string, string>[] }> };
      };
      expect(await settingsOf(async (statement) => (await client.query(statement)).rows)).toEqual(inForce);
    } finally {
      await session.close();
    }
  });
});
