import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createDataSource, runMigrations } from '@touchstone/postgres';
import { createTestDatabase, type TestDatabase } from '@touchstone/testing';
import type { DataSource } from 'typeorm';
import { CreatePayments1785000000000 } from '../src/persistence/migrations/1785000000000-create-payments.js';
import { FollowPayments1785400000000 } from '../src/persistence/migrations/1785400000000-follow-payments.js';
import { ShareLanes1785500000000 } from '../src/persistence/migrations/1785500000000-share-lanes.js';

const NETWORK = 'eip155:84532';
const ACCOUNT = `0x${'cd'.repeat(20)}`;
const STATES = ['signed', 'mined', 'final', 'replaced'] as const;
const id = (place: number): string => `0198f1f0-0000-7000-8000-00000000000${place}`;
const hex = (place: number): string => `0x${`0${place}`.repeat(32)}`;

describe('settlements of the version before the lane', () => {
  let database: TestDatabase;
  let dataSource: DataSource;
  beforeAll(async () => {
    database = await createTestDatabase('lane_migration');
    const before = [CreatePayments1785000000000, FollowPayments1785400000000];
    const options = {
      url: database.urlFor('payment-verifier'),
      schema: 'payments',
      applicationName: 'payment-verifier',
    };
    await runMigrations({ ...options, migrations: before });
    dataSource = await createDataSource({
      ...options,
      migrations: [...before, ShareLanes1785500000000],
    }).initialize();
    for (const [place, state] of STATES.entries()) {
      await dataSource.query(
        `INSERT INTO payments.reservations (id, network, asset, payer, nonce, request_digest, authorization_digest,
           pay_to, amount, valid_before, state, lease_until, from_block, created_at, updated_at)
         VALUES ($1, $2, $3, $3, $4, $4, $4, $3, 1, 1, 'settling', now(), 1, now(), now())`,
        [id(place), NETWORK, ACCOUNT, Buffer.alloc(32, place)],
      );
      await dataSource.query(
        `INSERT INTO payments.transactions
           (hash, reservation_id, network, account, nonce, call, raw, state, signed_at, touched_at)
         VALUES ($1, $2, $3, $4, $5, '{"to":"0x1","data":"0x2","gas":"3"}', '\\x0203', $6, now(), now())`,
        [Buffer.alloc(32, place), id(place), NETWORK, ACCOUNT, 10 + place, state],
      );
    }
    await dataSource.query('INSERT INTO payments.lanes VALUES ($1, $2, 14)', [NETWORK, ACCOUNT]);
  }, 60_000);
  afterAll(async () => {
    await dataSource.destroy();
    await database.drop();
  });

  it('go on where they were, with the same bytes', async () => {
    await dataSource.runMigrations();
    const rows: unknown = await dataSource.query(
      `SELECT subject, nonce::int AS nonce, state, attempts -> 0 ->> 'hash' AS hash, attempts -> 0 ->> 'raw' AS raw
       FROM payments.lane_transaction ORDER BY nonce`,
    );
    expect(rows).toEqual(
      ['open', 'mined', 'final', 'lost'].map((state, place) => ({
        subject: id(place),
        nonce: 10 + place,
        state,
        hash: hex(place),
        raw: '0x0203',
      })),
    );
  });

  it('are there again where the version before comes back', async () => {
    await dataSource.undoLastMigration();
    const rows: unknown = await dataSource.query(
      `SELECT encode(hash, 'hex') AS hash, nonce::int AS nonce, state FROM payments.transactions ORDER BY nonce`,
    );
    expect(rows).toEqual(
      STATES.map((state, place) => ({ hash: hex(place).slice(2), nonce: 10 + place, state })),
    );
    expect(await dataSource.query('SELECT next_nonce::int AS next FROM payments.lanes')).toEqual([
      { next: 14 },
    ]);
  });
});
