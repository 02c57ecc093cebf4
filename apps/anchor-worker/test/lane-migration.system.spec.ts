import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PostgresLaneStore, type LaneOwner } from '@touchstone/evm';
import { createDataSource, runMigrations } from '@touchstone/postgres';
import { createTestDatabase, type TestDatabase } from '@touchstone/testing';
import type { DataSource } from 'typeorm';
import { CreateAnchors1763700000000 } from '../src/persistence/migrations/1763700000000-create-anchors.js';
import { Lanes1764300000000 } from '../src/persistence/migrations/1764300000000-lanes.js';
import { ANCHOR_SCHEMA } from '../src/persistence/schema.js';

const NETWORK = 'eip155:84532';
const SUBMITTER = `0x${'cd'.repeat(20)}`;
const CONTRACT = `0x${'ab'.repeat(20)}`;
const hash = (byte: string): string => `0x${byte.repeat(32)}`;
const anchorId = (place: number): string => `0198f1f0-0000-7000-8000-00000000000${place}`;

describe('anchors of the version before the lane', () => {
  let database: TestDatabase;
  let dataSource: DataSource;
  beforeAll(async () => {
    database = await createTestDatabase('lane_migration');
    const options = {
      url: database.urlFor('anchor-worker'),
      schema: ANCHOR_SCHEMA,
      applicationName: 'anchor-worker',
    };
    await runMigrations({ ...options, migrations: [CreateAnchors1763700000000] });
    dataSource = await createDataSource({
      ...options,
      migrations: [CreateAnchors1763700000000, Lanes1764300000000],
    }).initialize();
    for (const [place, state] of ['sent', 'failed'].entries()) {
      await dataSource.query(
        `INSERT INTO anchors.checkpoint (size, root, note, published_at) VALUES ($1, $2, 'note', now())`,
        [place + 1, Buffer.alloc(32, 1)],
      );
      await dataSource.query(
        `INSERT INTO anchors.chain_anchor
           (anchor_id, network, checkpoint_size, commitment, contract, submitter, state, failure, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, 'x', now())`,
        [anchorId(place), NETWORK, place + 1, Buffer.alloc(32, 0x11), CONTRACT, SUBMITTER, state],
      );
      for (const attempt of [1, 2])
        await dataSource.query(
          `INSERT INTO anchors.anchor_attempt
             (anchor_id, attempt, nonce, raw, hash, gas, max_fee_per_gas, max_priority_fee_per_gas, sent_at_block)
           VALUES ($1, $2, $3, '0x02', $4, 60000, $5, 7, 100)`,
          [anchorId(place), attempt, 4 + place, hash(`${place}${attempt}`), attempt * 1_000],
        );
    }
    await dataSource.query(`INSERT INTO anchors.nonce_lane VALUES ($1, $2, 6)`, [NETWORK, SUBMITTER]);
  }, 60_000);
  afterAll(async () => {
    await dataSource.destroy();
    await database.drop();
  });

  it('that are open go on with their bytes, their nonce and the call that they make', async () => {
    await dataSource.runMigrations();
    const store = new PostgresLaneStore(dataSource, {
      schema: ANCHOR_SCHEMA,
      network: NETWORK,
      owner: {} as LaneOwner<never>,
      drainMs: 0,
      nowMs: Date.now,
    });
    const open = await store.open(Number.POSITIVE_INFINITY, 10);
    expect(open).toEqual([
      expect.objectContaining({
        subject: anchorId(0),
        account: SUBMITTER,
        nonce: 4,
        state: 'open',
        call: {
          to: CONTRACT,
          data: `0xdb2c4aca${'11'.repeat(32)}${(1).toString(16).padStart(64, '0')}`,
          gas: 60_000n,
        },
      }),
    ]);
    expect(open[0]?.attempts.map((made) => [made.hash, made.maxFeePerGas, made.sentAtBlock])).toEqual([
      [hash('01'), 1_000n, null],
      [hash('02'), 2_000n, 100n],
    ]);
    expect(await dataSource.query('SELECT next_nonce::int AS next FROM anchors.lane')).toEqual([{ next: 6 }]);
  });

  it('have their bytes again where the version before comes back', async () => {
    await dataSource.undoLastMigration();
    const rows: unknown = await dataSource.query(
      'SELECT attempt, nonce::int AS nonce, hash, max_fee_per_gas::int AS fee FROM anchors.anchor_attempt ORDER BY attempt',
    );
    expect(rows).toEqual([
      { attempt: 1, nonce: 4, hash: hash('01'), fee: 1_000 },
      { attempt: 2, nonce: 4, hash: hash('02'), fee: 2_000 },
    ]);
    expect(await dataSource.query('SELECT next_nonce::int AS next FROM anchors.nonce_lane')).toEqual([
      { next: 6 },
    ]);
  });
});
