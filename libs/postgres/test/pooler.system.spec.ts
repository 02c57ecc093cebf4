import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { RunningService } from '@touchstone/platform/runtime';
import type { PublishEvent } from '@touchstone/platform/wiring';
import {
  available,
  obtainPgbouncer,
  PGBOUNCER_REMEDY,
  startPgbouncer,
  waitUntil,
  type Pgbouncer,
} from '@touchstone/testing';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { Outbox, OutboxModule, OutboxRelay, createDataSource, runMigrations } from '../src/index.js';
import { assertOwnSessions } from '../src/session-check.js';
import { nodeChangedBody, numberOf, openTestSchema, type TestSchema } from './test-schema.js';
import { busOf, exitCodeOf, startTestService } from './test-service.js';

const SUBJECT = 'evt.v1.attestation.node.changed';
const withPgbouncer = available(obtainPgbouncer() !== undefined, PGBOUNCER_REMEDY) ? describe : describe.skip;

withPgbouncer('behind PgBouncer', () => {
  let schema: TestSchema;
  let pooler: Pgbouncer | undefined;
  let service: RunningService | undefined;
  beforeAll(async () => {
    schema = await openTestSchema('pooler');
  });
  afterAll(() => schema.close());
  afterEach(async () => {
    await service?.stop();
    service = undefined;
    await pooler?.stop();
    pooler = undefined;
  });

  const behind = async (settings: Record<string, string>) => {
    pooler = await startPgbouncer(schema.options.url, settings);
    return { ...schema.options, url: pooler.through(schema.options.url), applicationName: 'pooled' };
  };
  const IGNORED = 'options,statement_timeout,idle_in_transaction_session_timeout';

  it.each([
    ['by its defaults', {}],
    ['that drops start-up parameters in silence', { ignore_startup_parameters: IGNORED }],
  ])('in session mode %s a service migrates, starts, and publishes', async (_how, settings) => {
    const options = await behind(settings);
    expect(await runMigrations(options)).toEqual([]);
    const published: number[] = [];
    const publish: PublishEvent = (_subject, payload) => {
      published.push(numberOf(payload));
      return Promise.resolve();
    };
    let dataSource: DataSource | undefined;
    let outbox: Outbox | undefined;
    service = await startTestService(options, [busOf(publish), OutboxModule], (app) => {
      dataSource = app.get(DataSource);
      outbox = app.get(Outbox);
    });
    await dataSource?.transaction(
      async (manager) => await outbox?.append(manager, SUBJECT, nodeChangedBody(7)),
    );
    await waitUntil(() => published.length === 1);
    const ready = await fetch(`http://127.0.0.1:${service.ports.health}/readyz`);
    expect(ready.status).toBe(200);
    const shown = await dataSource?.query(
      `SELECT current_setting('search_path') AS path, current_setting('statement_timeout') AS timeout,
              current_setting('idle_in_transaction_session_timeout') AS idle`,
    );
    expect(shown).toEqual([{ path: 'signer', timeout: '10s', idle: '30s' }]);
  });

  it('in session mode one of two relays is active', async () => {
    const options = await behind({});
    const dataSource = await createDataSource(options).initialize();
    const relays = [0, 1].map(
      () => new OutboxRelay({ dataSource, publish: () => Promise.resolve(), pollMs: 20 }),
    );
    for (const relay of relays) relay.start();
    await waitUntil(() => relays.some(({ active }) => active));
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(relays.filter(({ active }) => active)).toHaveLength(1);
    const [first, second] = relays[0]?.active === true ? relays : [...relays].reverse();
    await first?.stop();
    await waitUntil(() => second?.active === true);
    await second?.stop();
    await dataSource.destroy();
  });

  it.each([
    ['transaction', {}],
    ['transaction', { default_pool_size: '1' }],
    ['transaction', { server_round_robin: '1' }],
    ['transaction', { server_reset_query_always: '1' }],
    ['statement', {}],
  ])('in %s mode (%j) a service does not start and does not migrate', async (mode, more) => {
    const options = await behind({ pool_mode: mode, ...more });
    const refusal = {
      code: 'config-invalid',
      message: expect.stringContaining('pool_mode = session'),
    };
    await expect(startTestService(options)).rejects.toMatchObject(refusal);
    await expect(runMigrations(options)).rejects.toMatchObject(refusal);
    expect([await exitCodeOf(options), await exitCodeOf(options, 'migrate')]).toEqual([5, 5]);
  });

  it('in transaction mode it is noticed while others use the pooler', async () => {
    const options = { ...(await behind({ pool_mode: 'transaction' })), statementTimeoutMs: 5_000 };
    let stop = false;
    const others = Array.from({ length: 8 }, async () => {
      const client = new pg.Client({ connectionString: options.url });
      await client.connect();
      while (!stop) await client.query('SELECT pg_sleep(random() * 0.002)');
      await client.end();
    });
    await new Promise((resolve) => setTimeout(resolve, 200));
    const noticed = [];
    for (let round = 0; round < 20; round += 1)
      noticed.push(await assertOwnSessions(options).catch(({ code }: { code: string }) => code));
    stop = true;
    await Promise.all(others);
    expect(noticed).toEqual(Array.from({ length: 20 }, () => 'config-invalid'));
  });

  it('a pooler with a single session says what it needs', async () => {
    const options = { ...(await behind({ default_pool_size: '1' })), statementTimeoutMs: 5_000 };
    await expect(assertOwnSessions(options)).rejects.toMatchObject({
      code: 'dependency-unavailable',
      message: expect.stringContaining('TOUCHSTONE_DATABASE_POOL_MAX'),
    });
  }, 20_000);

  it('would refuse the settings as start-up parameters', async () => {
    const { url } = await behind({});
    const client = new pg.Client({ connectionString: url, statement_timeout: 1_000 });
    await expect(client.connect()).rejects.toThrow('unsupported startup parameter');
  });
});
