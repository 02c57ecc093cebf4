import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Module } from '@nestjs/common';
import { createContext, loadConfig, serviceKeys, silentLogger, startService } from '@touchstone/platform';
import { waitUntil } from '@touchstone/testing';
import { tmpdir } from 'node:os';
import { DataSource, type MigrationInterface } from 'typeorm';
import { z } from 'zod';
import { Outbox, PostgresModule, startOutboxRelay, type PostgresOptions } from '../src/index.js';
import { nodeChangedBody, numberOf, openTestSchema, type TestSchema } from './test-schema.js';

class NeverRun1700000000009 implements MigrationInterface {
  readonly name = 'NeverRun1700000000009';
  up(): Promise<void> {
    return Promise.resolve();
  }
  down(): Promise<void> {
    return Promise.resolve();
  }
}

const configSchema = z.object(serviceKeys('signer'));
const env = {
  TOUCHSTONE_HTTP_PORT: '0',
  TOUCHSTONE_HEALTH_PORT: '0',
  TOUCHSTONE_BUILD_HASH: 'ab'.repeat(32),
};

describe('a service with a database', () => {
  let schema: TestSchema;
  beforeAll(async () => {
    schema = await openTestSchema('service');
  });
  afterAll(() => schema.close());

  const start = async (
    options: PostgresOptions,
    setup: Parameters<typeof definitionOf>[1] = () => undefined,
  ) => {
    const definition = definitionOf(options, setup);
    const context = await createContext(
      definition,
      loadConfig({ schema: configSchema, env }),
      silentLogger(),
    );
    return startService(definition, context);
  };

  it('is ready while the database answers, and empties its outbox before it closes the connections', async () => {
    const published: number[] = [];
    let dataSource: DataSource | undefined;
    let outbox: Outbox | undefined;
    let active = () => false;
    const service = await start(
      { ...schema.options, applicationName: 'service' },
      (app, { shutdown, metrics }) => {
        const parts = { dataSource: app.get(DataSource), outbox: app.get(Outbox) };
        ({ dataSource, outbox } = parts);
        const relay = startOutboxRelay({
          ...parts,
          shutdown,
          metrics,
          publish: async (_subject, payload) => {
            await new Promise((resolve) => setTimeout(resolve, 20));
            published.push(numberOf(payload));
          },
          pipelineMax: 1,
        });
        active = () => relay.active;
      },
    );
    const ready = await fetch(`http://127.0.0.1:${service.ports.health}/readyz?verbose`);
    expect(await ready.json()).toMatchObject({
      ready: true,
      checks: expect.arrayContaining([expect.objectContaining({ name: 'postgres', ok: true })]),
    });
    await waitUntil(active);
    await dataSource?.transaction(async (manager) => {
      for (const number of [0, 1, 2, 3, 4])
        await outbox?.append(manager, 'evt.v1.attestation.node.changed', nodeChangedBody(number));
    });
    expect(await service.stop()).toBe(true);
    expect(published).toEqual([0, 1, 2, 3, 4]);
    expect(dataSource?.isInitialized).toBe(false);
  });

  it('does not start on a schema that lacks a migration, and leaves no connection behind', async () => {
    const migrations = [...(schema.options.migrations ?? []), NeverRun1700000000009];
    await expect(start({ ...schema.options, migrations, applicationName: 'lacking' })).rejects.toMatchObject({
      code: 'dependency-unavailable',
    });
    expect(
      await schema.dataSource.query(`SELECT pid FROM pg_stat_activity WHERE application_name = 'lacking'`),
    ).toEqual([]);
  });
});

function definitionOf(
  options: PostgresOptions,
  setup: NonNullable<Parameters<typeof startService<typeof configSchema>>[0]['setup']>,
): Parameters<typeof startService<typeof configSchema>>[0] {
  @Module({ imports: [PostgresModule.forRoot(options)] })
  class ServiceModule {}
  return { name: 'signer', configSchema, codeFolder: tmpdir(), module: () => ServiceModule, setup };
}
