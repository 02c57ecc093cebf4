import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createDataSource, Outbox, runMigrations, type PostgresOptions } from '@touchstone/postgres';
import { createTestDatabase, type TestDatabase } from '@touchstone/testing';
import type { DataSource } from 'typeorm';
import { CreatePayments1785000000000 } from '../src/persistence/migrations/create-payments-1785000000000.js';
import { FollowPayments1785400000000 } from '../src/persistence/migrations/follow-payments-1785400000000.js';
import { OwePayments1785600000000 } from '../src/persistence/migrations/owe-payments-1785600000000.js';
import { reasons } from '../src/domain/reasons.js';
import { runExclusively } from '../src/persistence/exclusive-run.js';
import { PostgresReservationStore } from '../src/persistence/postgres-reservation-store.js';
import { PostgresTransactionJournal } from '../src/persistence/postgres-transaction-journal.js';
import type { RelayerKey } from '../src/domain/relayer.js';
import { MemoryReservationStore } from './support/memory-store.js';
import { describeReservationStore } from './support/reservation-store.contract.js';
import { samplePayment } from './support/sample-payment.js';

const MIGRATIONS = [CreatePayments1785000000000, FollowPayments1785400000000, OwePayments1785600000000];

let memory: MemoryReservationStore;
beforeEach(() => {
  memory = new MemoryReservationStore();
});
describeReservationStore('memory', () => memory);

describe('PostgreSQL', () => {
  let database: TestDatabase;
  let options: PostgresOptions;
  let dataSource: DataSource;
  let store: PostgresReservationStore;
  beforeAll(async () => {
    database = await createTestDatabase('reservations');
    options = {
      url: database.urlFor('payment-verifier'),
      schema: 'payments',
      migrations: MIGRATIONS,
      applicationName: 'test',
    };
    await runMigrations(options);
    dataSource = await createDataSource(options).initialize();
    store = new PostgresReservationStore(dataSource, new Outbox(dataSource));
  });
  afterEach(() => dataSource.query('TRUNCATE payments.reservations CASCADE'));
  afterAll(async () => {
    await dataSource.destroy();
    await database.drop();
  });

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

  it('lists no more transactions than asked for, those with the lowest nonces', async () => {
    const nowMs = Date.now();
    const network = 'eip155:8453';
    for (const nonce of [2, 0, 1]) {
      const id = `0198f1f0-0000-7000-8000-00000000000${nonce}`;
      const draft = { id, payment: samplePayment(), requestDigest: 'ab'.repeat(32), leaseUntilMs: nowMs };
      await store.claim({ ...draft, nowMs, fromBlock: 0n }, () => ({ kind: 'take' }));
      await dataSource.query(
        `INSERT INTO payments.transactions
           (hash, reservation_id, network, account, nonce, call, raw, state, signed_at, touched_at)
         VALUES ($1, $2, $3, $4, $5, '{}', '\\x00', 'signed', now(), $6)`,
        [Buffer.alloc(32, nonce), id, network, `0x${'aa'.repeat(20)}`, nonce, new Date(nowMs)],
      );
    }
    // Listing asks the key for nothing.
    const journal = new PostgresTransactionJournal(dataSource, network, {} as RelayerKey, () => nowMs);
    const nonces = async (sinceMs: number, limit: number) =>
      (await journal.unmined(sinceMs, limit)).map(({ nonce }) => nonce);
    expect(await nonces(nowMs, 3)).toEqual([0, 1, 2]);
    expect(await nonces(nowMs, 2)).toEqual([0, 1]);
    expect(await nonces(nowMs - 1, 3)).toEqual([]);
  });

  it('runs an exclusive job in one place at a time and frees the lock when it fails', async () => {
    const nested: boolean[] = [];
    const ran = await runExclusively(dataSource, 'job', async () => {
      nested.push(await runExclusively(dataSource, 'job', async () => undefined));
      nested.push(await runExclusively(dataSource, 'other job', async () => undefined));
    });
    expect([ran, ...nested]).toEqual([true, false, true]);
    const failing = runExclusively(dataSource, 'job', () => Promise.reject(new Error('broken')));
    await expect(failing).rejects.toThrow('broken');
    expect(await runExclusively(dataSource, 'job', async () => undefined)).toBe(true);
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
    await dataSource.undoLastMigration();
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
    for (let left = MIGRATIONS.length; left > 0; left -= 1) await dataSource.undoLastMigration();
    const [{ tables }] = (await dataSource.query(
      `SELECT count(*)::int AS tables FROM information_schema.tables
       WHERE table_schema = 'payments' AND table_name <> 'migrations'`,
    )) as [{ tables: number }];
    expect(tables).toBe(0);
    await dataSource.runMigrations();
  });
});
