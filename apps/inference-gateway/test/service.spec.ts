import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createDataSource, runMigrations } from '@touchstone/postgres';
import { createTestDatabase, type TestDatabase } from '@touchstone/testing';
import { service } from '../src/service.js';
import type { Config } from '../src/config.js';
import { GatewayFixture } from './support/gateway-fixture.js';

describe('migrations', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase('gateway_migrations');
  });
  afterAll(async () => database.drop());

  it('run forwards, back and forwards again', async () => {
    const options = service.databaseOptions({ DATABASE_URL: database.urlFor('inference-gateway') } as Config);
    const all = [
      'Initial1763700000000',
      'AddedModels1763800000000',
      'InlineEvents1763900000000',
      'OwedAnswers1764000000000',
      'ExecutionProofs1764100000000',
      'DropInbox1785700000000',
      'RememberSequences1785710000000',
      'SetUps1799900000000',
      'TransferPayments1800000000000',
      'Jobs1800200000000',
      'AddedPreprocess1800400000000',
      'SettlementTransactions1800450000000',
      'Market1800500000000',
      'FilePieces1800600000000',
    ];
    expect(await runMigrations(options)).toEqual(all);
    expect(await runMigrations(options)).toEqual([]);
    const dataSource = await createDataSource(options).initialize();
    for (let undone = 0; undone < all.length; undone += 1) await dataSource.undoLastMigration();
    const left = (await dataSource.query(
      `SELECT table_name FROM information_schema.tables WHERE table_schema = 'gateway'`,
    )) as { table_name: string }[];
    expect(left.map(({ table_name }) => table_name)).toEqual(['migrations']);
    await dataSource.destroy();
    expect(await runMigrations(options)).toEqual(all);
  });
});

describe('the service', () => {
  let fixture: GatewayFixture;
  beforeAll(async () => {
    fixture = await GatewayFixture.create();
  });
  afterAll(async () => fixture.close());

  it('does not start for payment without an address to pay to', async () => {
    const env = { TOUCHSTONE_PAYMENT_MODE: 'x402', TOUCHSTONE_PAY_TO: undefined };
    await expect(fixture.start(env)).rejects.toMatchObject({ code: 'config-invalid' });
  });

  it('does not start with a models folder that holds nothing', async () => {
    await expect(fixture.start({ TOUCHSTONE_MODELS_DIR: '/nowhere' })).rejects.toMatchObject({
      code: 'model-invalid',
    });
  });

  it('does not start with the NATS user of another node', async () => {
    const { user } = fixture.nats.login('inference-gateway.node-2');
    const start = fixture.start({ TOUCHSTONE_NODE_ID: 'node-1', TOUCHSTONE_NATS_USER: user });
    await expect(start).rejects.toMatchObject({ code: 'forbidden' });
  });

  it('stops in order when it is told to', async () => {
    const gateway = await fixture.start();
    expect(await gateway.stop()).toBe(true);
    await expect(fetch(`${gateway.url}/v1/models`)).rejects.toThrow();
  });
});
