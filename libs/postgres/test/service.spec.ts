import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { silentLogger } from '@touchstone/platform/observability';
import { systemClock, type PublishEvent } from '@touchstone/platform/wiring';
import { waitUntil } from '@touchstone/testing';
import { DataSource, type MigrationInterface } from 'typeorm';
import { migrateCommand, Outbox, OutboxModule, republishCommand, runMigrations } from '../src/index.js';
import { nodeChangedBody, numberOf, openTestSchema, type TestSchema } from './test-schema.js';
import { busOf, StartWatch, startTestService } from './test-service.js';

class NeverRun1700000000009 implements MigrationInterface {
  readonly name = 'NeverRun1700000000009';
  up(): Promise<void> {
    return Promise.resolve();
  }
  down(): Promise<void> {
    return Promise.resolve();
  }
}

describe('a service with a database', () => {
  let schema: TestSchema;
  beforeAll(async () => {
    schema = await openTestSchema('service');
  });
  afterAll(() => schema.close());

  it('is ready while the database answers, and empties its outbox before it closes the connections', async () => {
    const published: number[] = [];
    const publish: PublishEvent = async (_subject, payload) => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      published.push(numberOf(payload));
    };
    let dataSource: DataSource | undefined;
    let outbox: Outbox | undefined;
    const service = await startTestService(
      { ...schema.options, applicationName: 'service' },
      [busOf(publish), OutboxModule],
      (app) => {
        dataSource = app.get(DataSource);
        outbox = app.get(Outbox);
      },
    );
    const ready = await fetch(`http://127.0.0.1:${service.ports.health}/readyz?verbose`);
    expect(await ready.json()).toMatchObject({
      ready: true,
      checks: expect.arrayContaining([expect.objectContaining({ name: 'postgres', ok: true })]),
    });
    const figures = await (await fetch(`http://127.0.0.1:${service.ports.health}/metrics`)).text();
    expect(figures).toMatch(/^touchstone_ready\{service="signer"\} 1$/m);
    expect(figures).toMatch(/^touchstone_database_pool_waiting\{service="signer"\} 0$/m);
    expect(figures).toMatch(/^touchstone_database_pool_sessions\{service="signer"\} [1-9]/m);
    expect(figures).toMatch(/^touchstone_database_pool_sessions_max\{service="signer"\} 10$/m);
    expect(figures).toMatch(/^touchstone_database_query_seconds_count\{service="signer"\} [1-9]/m);
    const append = (numbers: readonly number[]) =>
      dataSource?.transaction(async (manager) => {
        for (const number of numbers)
          await outbox?.append(manager, 'evt.v1.attestation.node.changed', nodeChangedBody(number));
      });
    await append([0]);
    await waitUntil(() => published.length === 1);
    await append([1, 2, 3, 4]);
    expect(await service.stop()).toBe(true);
    expect(published).toEqual([0, 1, 2, 3, 4]);
    expect(dataSource?.isInitialized).toBe(false);
  });

  it('runs what is pending by its command, and says what ran', async () => {
    const own = await openTestSchema('migrate_command');
    try {
      const migrations = [...(own.options.migrations ?? []), NeverRun1700000000009];
      const logger = silentLogger();
      const info = jest.spyOn(logger, 'info');
      const migrate = migrateCommand(() => ({ ...own.options, migrations }));
      const context = { logger, clock: systemClock };
      await migrate.run({}, context, ['expand']);
      await migrate.run({}, context, []);
      for (const wrong of [['all'], ['expand', 'contract'], ['']])
        await expect(migrate.run({}, context, wrong)).rejects.toMatchObject({ code: 'validation-failed' });
      expect(info.mock.calls.map(([fields]) => fields)).toEqual([
        { ran: ['NeverRun1700000000009'], phase: 'expand' },
        { ran: [] },
      ]);
    } finally {
      await own.close();
    }
  });

  it('publishes again what its command is asked for, and says how much', async () => {
    const logger = silentLogger();
    const info = jest.spyOn(logger, 'info');
    const command = republishCommand(() => schema.options);
    const run = (...args: string[]) => command.run({}, { logger, clock: systemClock }, args);
    await expect(run('--since', 'soon')).rejects.toMatchObject({ code: 'validation-failed' });
    await run('--since', '1h', '--dry-run');
    await run('--since', '1h');
    await run('--since', '1h');
    const [counted, taken, none] = info.mock.calls.map(([fields]) => fields as unknown as { events: number });
    expect(counted?.events).toBeGreaterThan(0);
    expect([counted, taken, none]).toEqual([
      { events: counted?.events, dryRun: true },
      { events: counted?.events, dryRun: false },
      { events: 0, dryRun: false },
    ]);
  });

  it('waits for a migration that its schema lacks, starts by itself after it, and leaves no connection behind', async () => {
    const own = await openTestSchema('lacking');
    const migrations = [...(own.options.migrations ?? []), NeverRun1700000000009];
    const options = { ...own.options, migrations, applicationName: 'lacking' };
    const seen = new StartWatch();
    const starting = startTestService(options, [], () => undefined, seen);
    await waitUntil(async () => (await seen.reason())?.includes('lacks the migrations NeverRun'));
    await runMigrations(options);
    const service = await starting;
    expect(await seen.reason()).toBeUndefined();
    expect(seen.lines).toEqual([expect.objectContaining({ dependency: 'postgres' })]);
    expect(await service.stop()).toBe(true);
    await own.close();
    const left = `SELECT count(*)::int AS left FROM pg_stat_activity WHERE application_name = 'lacking'`;
    // The server notices that a connection was closed a moment after the client.
    await waitUntil(async () => (await schema.dataSource.query<{ left: number }[]>(left))[0]?.left === 0);
  });

  it('waits for a server that is away or refuses it, and says what to do without the password', async () => {
    const url = new URL(schema.options.url);
    const cases: readonly (readonly [Partial<Record<'password' | 'port' | 'pathname', string>>, string])[] = [
      [{ port: '1' }, 'correct host and port in DATABASE_URL (ECONNREFUSED)'],
      [{ password: 'hunter2hunter2' }, 'refuses the login'],
      [{ pathname: '/nowhere' }, 'has no such database'],
    ];
    for (const [change, words] of cases) {
      const wrong = Object.assign(new URL(url), change);
      const seen = new StartWatch();
      const starting = startTestService({ ...schema.options, url: String(wrong) }, [], () => undefined, seen);
      const ended = expect(starting).rejects.toMatchObject({ code: 'dependency-unavailable' });
      await waitUntil(async () => (await seen.reason())?.includes(words));
      await seen.end();
      await ended;
      expect(seen.lines).toHaveLength(1);
      const said = JSON.stringify(seen.lines);
      expect(said).not.toContain(url.password);
      expect(said).not.toContain('hunter2');
      expect(said).not.toContain('    at ');
    }
  });
});
