import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Outbox } from '@touchstone/postgres';
import { DatabaseFixture, migratedDatabase } from '@touchstone/testing/service';
import type { DataSource } from 'typeorm';
import { SETTLE_ASK_AFTER_MS } from '../src/domain/payment/stored-answer.js';
import { SETTLE_ASK_ROWS_MAX, SettleExecuted } from '../src/domain/payment/settle-executed.js';
import { service } from '../src/service.js';
import { PostgresVerificationStore } from '../src/persistence/postgres-verification-store.js';
import { MemoryVerificationStore } from './support/memory-verification-store.js';
import {
  commitment,
  describeVerificationStore,
  paidVerification,
} from './support/verification-store.contract.js';

describeVerificationStore('memory', async () => {
  const store = new MemoryVerificationStore(() => Date.now());
  return { store, recorded: async () => store.recorded };
});

describe('PostgreSQL', () => {
  let fixture: DatabaseFixture;
  let dataSource: DataSource;
  let store: PostgresVerificationStore;
  beforeAll(async () => {
    fixture = new DatabaseFixture(service, await migratedDatabase(service));
    dataSource = await fixture.dataSource();
    store = new PostgresVerificationStore(dataSource, new Outbox(dataSource), () => Date.now());
    const version = Buffer.from(commitment.modelVersionId, 'hex');
    await dataSource.query(
      `INSERT INTO gateway.models (model_version_id, model_id, name, version, developer, task, model_hash,
         model_hash_sha3, size_bytes, price_atomic, status, manifest)
       VALUES ($1, 'digits', 'Digits', '1.0.0', 'nobody', 'digits', $1, $1, 1, 1, 'active', '{}')`,
      [version],
    );
    await dataSource.query(
      `INSERT INTO gateway.model_commitments (model_version_id, sequence, commitment_hash, commitment)
       VALUES ($1, 0, $1, $2)`,
      [version, JSON.stringify(commitment)],
    );
  });
  afterEach(() => dataSource.query('TRUNCATE gateway.verifications, gateway.outbox CASCADE'));
  afterAll(() => fixture.close());

  describeVerificationStore('PostgreSQL', async () => ({
    store,
    recorded: async () => {
      const events = await fixture.events<{ verificationId: string }>();
      return events.map(({ verificationId }) => verificationId);
    },
  }));

  it('gives each answer that nobody settled to one of the replicas that ask at once', async () => {
    const nowMs = Date.now();
    const reservations = new Set<string>();
    for (let made = 0; made < 20; made += 1) {
      const { row, event } = paidVerification({ createdAtMs: nowMs });
      await store.storeExecuted(row, event, new Uint8Array(1));
      reservations.add(row.reservationId as string);
    }
    const asked = await Promise.all(
      Array.from({ length: 8 }, () => store.claimUnsettled(nowMs + SETTLE_ASK_AFTER_MS, 10)),
    );
    expect(asked.flat().length).toBe(20);
    expect(new Set(asked.flat())).toEqual(reservations);
  });

  it('says that the answer is lost where a restore left its verification alone', async () => {
    const { row, event } = paidVerification();
    await store.storeExecuted(row, event, new Uint8Array(1));
    await dataSource.query('DELETE FROM gateway.stored_answers');
    await expect(store.findByReservation(row.reservationId as string)).rejects.toMatchObject({
      code: 'conflict',
    });
  });
});

describe('the sweeper', () => {
  it('asks for SETTLE_ASK_ROWS_MAX settlements in one run, and for one more in the next', async () => {
    let nowMs = Date.now();
    const store = new MemoryVerificationStore(() => nowMs);
    for (let made = 0; made <= SETTLE_ASK_ROWS_MAX; made += 1) {
      const { row, event } = paidVerification({ createdAtMs: nowMs });
      await store.storeExecuted(row, event, new Uint8Array(1));
    }
    nowMs += SETTLE_ASK_AFTER_MS;
    const asked: string[] = [];
    const sweeper = new SettleExecuted({
      payments: {
        settle: async (reservationId) => {
          asked.push(reservationId);
          if (asked.length === 1) throw new Error('nobody there');
          if (asked.length === 2)
            return { outcome: 'failed', settlement: { errorReason: 'over' }, charged: 'no' };
          if (asked.length === 3) return { outcome: 'failed', settlement: {}, charged: 'unknown' };
          return { outcome: 'settled', settlement: { success: true } };
        },
      },
      answers: store,
      nowMs: () => nowMs,
      onError: (reservationId) => failed.push(reservationId),
    });
    const failed: string[] = [];
    await sweeper.run();
    expect(asked).toHaveLength(SETTLE_ASK_ROWS_MAX);
    expect(failed).toEqual([asked[0]]);
    const states = [...store.rows.values()].map(({ verification }) => verification.state);
    expect(states.slice(0, 4)).toEqual(['executed', 'payment-failed', 'executed', 'settled']);
    await sweeper.run();
    expect(asked).toHaveLength(SETTLE_ASK_ROWS_MAX + 1);
    // Nothing was handed out: no caller was there.
    expect([...store.rows.values()].some(({ handedOut }) => handedOut)).toBe(false);
  });
});
