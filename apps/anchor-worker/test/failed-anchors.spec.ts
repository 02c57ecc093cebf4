import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { STUCK_REASON_CHARACTERS_MAX, type AnchorStuck } from '@touchstone/contracts';
import { uuidV7 } from '@touchstone/postgres';
import {
  ANCHOR_FAILURES_MAX,
  FAILED_ANCHORS_AGE_MS,
  FAILED_ANCHORS_MAX,
} from '../src/domain/anchor/target-store.js';
import { PostgresTokenStore } from '../src/persistence/postgres-token-store.js';
import { leavesOf } from './support/leaves.js';
import { LogFixture, type Replica } from './support/log-fixture.js';

const NETWORK = 'tsa:test';
const HOUR_MS = 3_600_000;

describe('failed anchors', () => {
  let fixture: LogFixture;
  let replica: Replica;
  let store: PostgresTokenStore;
  beforeEach(async () => {
    fixture = await LogFixture.create();
    replica = await fixture.replica({ settings: { intervalMs: 0 } });
    store = new PostgresTokenStore(replica.dataSource, replica.outbox, NETWORK);
    await publish('a');
  });
  afterEach(() => fixture.close());

  async function publish(label: string): Promise<void> {
    await replica.intake.accept({ leaves: leavesOf(label, 1), entries: [], batches: [] });
    while ((await replica.sealing.run()) === 0);
    while ((await replica.checkpointing.run()) === 0);
  }
  const anchor = (createdAtMs = Date.now()) => ({
    ...{ anchorId: uuidV7(), checkpointSize: 1n, commitment: new Uint8Array(32), createdAtMs },
    ...{ reason: 'refused', cost: 0n },
  });
  const token = (createdAtMs = Date.now()) => ({
    ...anchor(createdAtMs),
    ...{ cost: 1n, tokenHash: 'ab'.repeat(32), timeMs: createdAtMs },
    proof: { token: 'AAAA', certificates: [], revocation: [] },
  });
  const stuck = () => fixture.events<AnchorStuck>('evt.v1.anchor.anchor.stuck');
  const count = async (): Promise<number> =>
    (await fixture.rows<{ count: number }>('SELECT count(*)::int AS count FROM anchors.chain_anchor'))[0]!
      .count;
  /** Failed rows as if they were made so long ago, a second apart. */
  const insertFailed = (rows: number, newestAgoMs: number) =>
    fixture.rows(
      `INSERT INTO anchors.chain_anchor
         (anchor_id, kind, network, checkpoint_size, commitment, state, failure, created_at)
       SELECT gen_random_uuid(), 'rfc3161', '${NETWORK}', 1, decode(repeat('00', 32), 'hex'), 'failed', 'refused',
              now() - $2 * interval '1 millisecond' - place * interval '1 second'
       FROM generate_series(0, $1 - 1) AS place`,
      [rows, newestAgoMs],
    );

  it('are told with the last one too many, once, and again in the next streak', async () => {
    for (let failure = 1; failure < ANCHOR_FAILURES_MAX; failure += 1) await store.refuse(anchor());
    expect(await stuck()).toEqual([]);
    for (let failure = 0; failure < 3; failure += 1) await store.refuse(anchor());
    expect(await stuck()).toEqual([
      {
        ...{ network: NETWORK, kind: 'rfc3161', checkpointSize: '1', failuresInRow: ANCHOR_FAILURES_MAX },
        ...{ reason: 'refused', at: expect.stringMatching(/Z$/) },
      },
    ]);
    await store.record(token(Date.now() + 1_000));
    expect(await store.history(0n)).toMatchObject({ failuresInRow: 0, lastFailure: undefined });
    for (let failure = 0; failure < ANCHOR_FAILURES_MAX; failure += 1)
      await store.refuse(anchor(Date.now() + 2_000));
    expect(await stuck()).toHaveLength(2);
  });

  it('of two replicas at the same time are told once', async () => {
    const second = await fixture.replica();
    const other = new PostgresTokenStore(second.dataSource, second.outbox, NETWORK);
    await Promise.all(
      Array.from({ length: 4 * ANCHOR_FAILURES_MAX }, (_, place) =>
        (place % 2 === 0 ? store : other).refuse(anchor()),
      ),
    );
    expect(await count()).toBe(4 * ANCHOR_FAILURES_MAX);
    expect(await stuck()).toHaveLength(1);
  });

  it.each([
    [STUCK_REASON_CHARACTERS_MAX, STUCK_REASON_CHARACTERS_MAX],
    [STUCK_REASON_CHARACTERS_MAX + 1, STUCK_REASON_CHARACTERS_MAX],
  ])('with a reason of %d characters are told with %d', async (length, told) => {
    for (let failure = 0; failure < ANCHOR_FAILURES_MAX; failure += 1)
      await store.refuse({ ...anchor(), reason: 'x'.repeat(length) });
    expect((await stuck())[0]?.reason).toHaveLength(told);
    expect((await store.history(0n)).lastFailure).toHaveLength(length);
  });

  it('of one network are none of another', async () => {
    const other = new PostgresTokenStore(replica.dataSource, replica.outbox, 'tsa:other');
    for (let failure = 1; failure < ANCHOR_FAILURES_MAX; failure += 1) {
      await store.refuse(anchor());
      await other.refuse(anchor());
    }
    expect(await stuck()).toEqual([]);
    expect(await other.history(0n)).toMatchObject({ failuresInRow: ANCHOR_FAILURES_MAX - 1 });
  });

  it('are kept up to the limit, the newest', async () => {
    await insertFailed(FAILED_ANCHORS_MAX - 1, HOUR_MS);
    const newest = anchor();
    await store.refuse(newest);
    expect(await count()).toBe(FAILED_ANCHORS_MAX);
    await store.refuse(anchor());
    expect(await count()).toBe(FAILED_ANCHORS_MAX);
    expect(
      await fixture.rows('SELECT 1 FROM anchors.chain_anchor WHERE anchor_id = $1', [newest.anchorId]),
    ).toHaveLength(1);
  });

  it('are kept beyond the limit while the budget counts what they cost', async () => {
    const paid = { ...anchor(Date.now() - 2 * HOUR_MS), cost: 1n };
    await store.refuse(paid);
    await insertFailed(FAILED_ANCHORS_MAX, HOUR_MS);
    await store.dropFailed();
    expect(await count()).toBe(FAILED_ANCHORS_MAX + 1);
    expect((await store.history(0n)).paid).toEqual([{ ageMs: expect.any(Number), cost: 1n }]);
    await fixture.rows(`UPDATE anchors.chain_anchor SET cost_at = cost_at - interval '24 hours'`);
    await store.dropFailed();
    expect(await count()).toBe(FAILED_ANCHORS_MAX);
  });

  it('are kept for their time, those of the streak that lasts for longer', async () => {
    await insertFailed(1, FAILED_ANCHORS_AGE_MS + HOUR_MS);
    await store.dropFailed();
    expect(await count()).toBe(1);
    await store.record(token());
    await insertFailed(1, FAILED_ANCHORS_AGE_MS - HOUR_MS);
    await store.dropFailed();
    expect(await count()).toBe(2);
    await fixture.rows(
      `UPDATE anchors.chain_anchor SET created_at = created_at - interval '1 hour 1 second' WHERE state = 'failed'`,
    );
    await store.dropFailed();
    expect(await count()).toBe(1);
  });

  it('that end with a token are history: what is new since, what waits, and what was paid', async () => {
    await store.record(token());
    await publish('b');
    await publish('c');
    const history = await store.history(0n);
    expect(history).toMatchObject({ newEntries: 2n, openCostMax: 0n, failuresInRow: 0 });
    expect(history.paid).toEqual([{ ageMs: expect.any(Number), cost: 1n }]);
    const [second] = await fixture.rows<{ at: Date }>(
      'SELECT published_at AS at FROM anchors.checkpoint ORDER BY size OFFSET 1 LIMIT 1',
    );
    expect(history.waitingSinceMs).toBe(second?.at.getTime());
    await fixture.rows(`UPDATE anchors.chain_anchor SET cost_at = cost_at - interval '24 hours'`);
    expect((await store.history(0n)).paid).toEqual([]);
  });
});
