import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Outbox } from '@touchstone/postgres';
import { DatabaseFixture, migratedDatabase } from '@touchstone/testing/service';
import type { DataSource } from 'typeorm';
import { OwePayments1785600000000 } from '../src/persistence/migrations/1785600000000-owe-payments.js';
import { service } from '../src/service.js';
import { reasons } from '../src/domain/reasons.js';
import { PostgresReservationStore } from '../src/persistence/postgres-reservation-store.js';
import { MemoryReservationStore } from './support/memory-reservation-store.js';
import { describeReservationStore } from './support/reservation-store.contract.js';
import { samplePayment } from './support/sample-payment.js';

let memory: MemoryReservationStore;
beforeEach(() => {
  memory = new MemoryReservationStore();
});
describeReservationStore('memory', () => memory);

describe('PostgreSQL', () => {
  let fixture: DatabaseFixture;
  let dataSource: DataSource;
  let store: PostgresReservationStore;
  beforeAll(async () => {
    fixture = new DatabaseFixture(service, await migratedDatabase(service));
    dataSource = await fixture.dataSource();
    store = new PostgresReservationStore(dataSource, new Outbox(dataSource));
  });
  afterEach(() => dataSource.query('TRUNCATE payments.reservations CASCADE'));
  afterAll(() => fixture.close());

  describeReservationStore('PostgreSQL', () => store);

  it('takes one transfer for one payment only', async () => {
    const settle = async (id: string, logIndex: number) => {
      const nowMs = Date.now();
      const draft = { id, payment: samplePayment(), requestDigest: 'ab'.repeat(32), leaseUntilMs: nowMs };
      await store.claim({ ...draft, nowMs, fromBlock: 0n }, () => ({ kind: 'take' }));
      const transaction = `0x${'cd'.repeat(32)}`;
      return store.settle(id, { transaction, logIndex }, { success: true, transaction }, nowMs);
    };
    await settle('0198f1f0-0000-7000-8000-000000000001', 3);
    await expect(settle('0198f1f0-0000-7000-8000-000000000002', 3)).rejects.toThrow('one_per_transfer');
    expect((await settle('0198f1f0-0000-7000-8000-000000000003', 4)).state).toBe('settled');
  });

  it('looks again at what failed by a transaction that reverted before the column was there', async () => {
    const payment = samplePayment({ validBefore: 2n ** 256n - 1n });
    const other = samplePayment();
    const nowMs = Date.now();
    const held = async (own: typeof payment, id: string, reason: string) => {
      await store.claim(
        { id, payment: own, requestDigest: 'ab'.repeat(32), leaseUntilMs: nowMs, nowMs, fromBlock: 0n },
        () => ({ kind: 'take' }),
      );
      await store.fail(id, reason, { success: false, transaction: '' }, nowMs, null);
    };
    await held(payment, '0198f1f0-0000-7000-8000-000000000001', reasons.transactionFailed);
    await held(other, '0198f1f0-0000-7000-8000-000000000002', reasons.canceled);
    const { migrations = [] } = fixture.databaseOptions;
    const since = migrations.slice(migrations.indexOf(OwePayments1785600000000));
    for (let left = since.length; left > 0; left -= 1) await dataSource.undoLastMigration();
    await dataSource.runMigrations();
    const late = Date.UTC(9999, 11, 31, 12);
    expect((await store.due(late, 10)).map(({ id }) => id)).toEqual(['0198f1f0-0000-7000-8000-000000000001']);
    expect(await store.due(late - 86_400_000, 10)).toEqual([]);
    // A row of that time has no authorisation; what it was made for is read back as it was.
    expect(await store.findByKey(other)).toMatchObject({
      authorization: null,
      owedAtMs: null,
      otherRequests: 0,
    });
  });

  it('goes back to nothing and forward again', async () => {
    for (let left = dataSource.migrations.length; left > 0; left -= 1) await dataSource.undoLastMigration();
    const [{ tables }] = (await dataSource.query(
      `SELECT count(*)::int AS tables FROM information_schema.tables
       WHERE table_schema = 'payments' AND table_name <> 'migrations'`,
    )) as [{ tables: number }];
    expect(tables).toBe(0);
    await dataSource.runMigrations();
  });
});
