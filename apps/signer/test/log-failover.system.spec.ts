import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createDataSource, runMigrations, type PostgresOptions } from '@touchstone/postgres';
import { startPostgresPair, TcpProxy, waitUntil, type PostgresPair } from '@touchstone/testing';
import type { DataSource } from 'typeorm';
import type { Config } from '../src/config.js';
import { createKeyRing } from '../src/domain/key-ring.js';
import { toCheckpointRequest } from '../src/domain/requests.js';
import { CheckpointSigning } from '../src/domain/sign-checkpoint.js';
import { PostgresCheckpointStore } from '../src/persistence/postgres-checkpoint-store.js';
import { service } from '../src/service.js';
import { ORIGIN } from './support/signer-fixture.js';
import { checkpoint } from './support/signer-requests.js';

const key = (byte: string) => Uint8Array.from(Buffer.from(byte.repeat(32), 'hex'));
const keys = createKeyRing({
  output: { kid: 'output-1', privateKey: key('11') },
  checkpointSeed: key('22'),
  anchorTransactions: key('33'),
  settlementTransactions: key('44'),
});
const silentAudit = { append: () => Promise.resolve() };

describe('a standby that takes over', () => {
  let pair: PostgresPair;
  let proxy: TcpProxy;
  let options: PostgresOptions;
  const sources: DataSource[] = [];
  beforeEach(async () => {
    pair = await startPostgresPair();
    proxy = new TcpProxy(pair.primaryPort);
    options = service.databaseOptions({ DATABASE_URL: pair.urlFor('signer', await proxy.open()) } as Config);
    await runMigrations(options);
  }, 120_000);
  afterEach(async () => {
    for (const source of sources.splice(0)) await source.destroy();
    await proxy.cut();
    await pair.drop();
  }, 60_000);

  /** A process of the signer, as far as checkpoints go. */
  const startSigning = async () => {
    const dataSource = await createDataSource(options).initialize();
    sources.push(dataSource);
    const signing = new CheckpointSigning(keys, new PostgresCheckpointStore(dataSource), silentAudit, ORIGIN);
    await signing.begin();
    return (size: number, from: number) =>
      signing.sign(ORIGIN, toCheckpointRequest(checkpoint(size, from)), 'anchor-worker');
  };
  const failOver = async (): Promise<void> => {
    await pair.failOver();
    proxy.leadTo(pair.standbyPort);
    await pair.demote();
  };
  /** The answer once the new primary is reached. */
  const afterOutage = async (work: () => Promise<string>): Promise<string> => {
    let answer: Promise<string> | undefined;
    await waitUntil(async () => {
      const attempt = work();
      const error: unknown = await attempt.then(
        () => undefined,
        (refusal: unknown) => refusal,
      );
      if ((error as { code?: string } | undefined)?.code === 'dependency-unavailable') return false;
      answer = attempt;
      return true;
    }, 20_000);
    return answer as Promise<string>;
  };

  it('goes on by itself where commits waited for it, also for processes that begin later', async () => {
    await pair.query(pair.primaryPort, "ALTER SYSTEM SET synchronous_standby_names = '*'");
    await pair.query(pair.primaryPort, 'SELECT pg_reload_conf()');
    await waitUntil(async () => {
      const rows = await pair.query(
        pair.primaryPort,
        "SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'",
      );
      return rows.length > 0;
    }, 20_000);
    const sign = await startSigning();
    await sign(3, 0);
    await failOver();
    await afterOutage(() => sign(7, 3));
    const later = await startSigning();
    await later(9, 7);
  }, 120_000);

  it('closes the log where commits did not wait for it', async () => {
    const sign = await startSigning();
    await sign(3, 0);
    await failOver();
    await expect(afterOutage(() => sign(7, 3))).rejects.toMatchObject({
      code: 'checkpoint-refused',
      message: expect.stringContaining('from timeline 1 to 2'),
    });
  }, 120_000);
});
