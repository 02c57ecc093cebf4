import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  ADVANCE_ROWS_MAX,
  FOLLOW_BLOCKS_MAX,
  FOLLOW_ROWS_MAX,
  LANE_INTENTS_MAX,
  OUTPRICED_BLOCKS,
} from '../src/index.js';
import { LaneDatabase, LaneWorld } from './lane-world.js';

/** A contract that is not called. */
const STRANGER = `0x${'ee'.repeat(20)}`;

describe('a lane of transactions', () => {
  let database: LaneDatabase;
  let world: LaneWorld;
  beforeAll(async () => {
    database = await LaneDatabase.create();
  });
  beforeEach(async () => {
    await database.clear();
    world = new LaneWorld(database.dataSource);
  });
  afterAll(() => database.close());

  const mined = async (subject: string) => (await world.stateOf(subject))?.state;

  it('gives many callers consecutive nonces, and one subject one transaction however often it asks', async () => {
    const subject = randomUUID();
    const all = await Promise.all([
      ...Array.from({ length: LANE_INTENTS_MAX + 1 }, () => world.pay()),
      world.pay(subject),
      world.pay(subject),
    ]);
    const again = await world.pay(subject);
    expect(new Set(all.map(({ nonce }) => nonce)).size).toBe(LANE_INTENTS_MAX + 2);
    expect(Math.max(...all.map(({ nonce }) => nonce))).toBe(LANE_INTENTS_MAX + 1);
    expect(again.id).toBe(all.at(-1)?.id);
    world.chain.mine();
    expect(new Set(world.chain.mined()).size).toBe(LANE_INTENTS_MAX + 2);
  });

  it('leaves no gap where the signer refuses one of several', async () => {
    const subjects = Array.from({ length: 5 }, () => randomUUID());
    // What the policy of the key does not allow.
    const refused = [subjects[1], subjects[3]];
    const answers = await Promise.allSettled(
      subjects.map((subject) => world.pay(subject, true, refused.includes(subject) ? STRANGER : undefined)),
    );
    expect(answers.map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
      'rejected',
      'fulfilled',
    ]);
    const nonces = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value.nonce] : []));
    expect(nonces).toEqual([0, 1, 2]);
    expect(answers[1]).toMatchObject({ reason: { code: 'signing-refused' } });
  });

  it('signs nothing for an account that cannot pay, for fees above the cap, or for what its owner refuses', async () => {
    world.chain.wei = 100n;
    await expect(world.pay()).rejects.toMatchObject({
      code: 'dependency-unavailable',
      message: expect.stringContaining('send it some'),
    });
    world.chain.wei = 10n ** 18n;
    world.chain.baseFeePerGas = 10_000n;
    await expect(world.pay()).rejects.toMatchObject({ code: 'dependency-unavailable' });
    world.chain.baseFeePerGas = 100n;
    const subject = randomUUID();
    world.closed.add(subject);
    await expect(world.pay(subject)).rejects.toMatchObject({ code: 'conflict' });
    expect(world.signer.transactions).toEqual([]);
    expect((await world.pay()).nonce).toBe(0);
  });

  it('sends what a crash kept from being sent, and sends again what no node has any more', async () => {
    const { subject } = await world.pay(randomUUID(), false);
    await world.lane.run();
    world.chain.pool.clear();
    await world.lane.run();
    expect(world.events).toEqual(['resent']);
    world.chain.mine();
    await world.lane.run();
    expect(await mined(subject)).toBe('mined');
    expect(world.signer.transactions).toHaveLength(1);
  });

  it('leaves alone what was signed too recently, because somebody waits for it', async () => {
    const { subject, signedAtMs } = await world.pay();
    world.chain.mine();
    await world.lane.run(signedAtMs - 1);
    expect(await mined(subject)).toBe('open');
    await world.lane.run(signedAtMs);
    expect(await mined(subject)).toBe('mined');
  });

  it.each([
    [OUTPRICED_BLOCKS - 1n, 1],
    [OUTPRICED_BLOCKS, 2],
  ])('whose fee fell below the base fee has after %d blocks %d signed bytes', async (blocks, attempts) => {
    const { subject } = await world.pay();
    await world.lane.run();
    world.chain.baseFeePerGas *= 10n;
    world.chain.mine(Number(blocks));
    await world.lane.run();
    expect((await world.stateOf(subject))?.attempts).toHaveLength(attempts);
  });

  it('raises fees by an eighth or to the market under the same nonce; any of the bytes settles it', async () => {
    const { subject } = await world.pay();
    await world.lane.run();
    world.chain.baseFeePerGas *= 10n;
    world.chain.mine(2);
    await world.lane.run();
    world.chain.mine();
    await world.lane.run();
    const [first, second] = world.signer.transactions;
    expect(second).toMatchObject({ nonce: first?.nonce, maxFeePerGas: world.chain.baseFeePerGas * 2n + 1n });
    expect(await world.stateOf(subject)).toMatchObject({ state: 'mined', placement: { hash: second?.hash } });
    // A reorganisation brings back the cheap bytes, at a base fee that they cover.
    world.chain.reorganise(3);
    world.chain.baseFeePerGas = 100n;
    await world.chain.send((await world.stateOf(subject))?.attempts[0]?.raw ?? '');
    world.chain.mine();
    await world.lane.run();
    expect(await world.stateOf(subject)).toMatchObject({ state: 'mined', placement: { hash: first?.hash } });
    expect(world.chain.mined()).toEqual([subject]);
  });

  it('waits at the cap of its fees, says so, and goes on when the market falls', async () => {
    world.chain.baseFeePerGas = 4_500n;
    const { subject } = await world.pay();
    await world.lane.run();
    world.chain.baseFeePerGas = 20_000n;
    for (let run = 0; run < 3; run += 1) {
      world.chain.mine(3);
      await world.lane.run();
    }
    expect(world.events).toEqual(expect.arrayContaining(['replaced', 'capped']));
    for (const { maxFeePerGas } of world.signer.transactions)
      expect(maxFeePerGas).toBeLessThanOrEqual(10_000n);
    world.chain.baseFeePerGas = 4_000n;
    world.chain.mine();
    await world.lane.run();
    expect(await mined(subject)).toBe('mined');
  });

  it('raises only the fees of what is next: what waits behind it is not stuck itself', async () => {
    const [first, second] = [await world.pay(), await world.pay()];
    await world.lane.run();
    world.chain.pool.delete(`${first.account}/0`);
    // The node lost the first and keeps the second, which cannot be mined before it.
    for (let run = 0; run < 8; run += 1) {
      world.chain.pool.delete(`${first.account}/0`);
      world.chain.mine();
    }
    await world.lane.run();
    expect((await world.stateOf(second.subject))?.attempts).toHaveLength(1);
    world.chain.mine();
    await world.lane.run();
    expect(world.chain.mined()).toEqual([first.subject, second.subject]);
  });

  it('sends the same bytes again after a reorganisation, before those that were signed after', async () => {
    const first = await world.pay();
    world.chain.mine();
    const second = await world.pay();
    world.chain.mine();
    await world.lane.run();
    world.chain.reorganise(2);
    await world.lane.run();
    expect(world.events.filter((kind) => kind === 'dropped')).toHaveLength(2);
    world.chain.mine();
    await world.lane.run();
    expect(world.chain.mined()).toEqual([first.subject, second.subject]);
    expect(world.signer.transactions).toHaveLength(2);
  });

  it('follows to finality and no further', async () => {
    const { subject } = await world.pay();
    world.chain.mine();
    await world.lane.run();
    world.chain.mine(64);
    await world.lane.run();
    expect(await mined(subject)).toBe('final');
  });

  it('follows and moves as many rows in a run as its limits say, and the rest in the next', async () => {
    for (let count = 0; count <= Math.max(ADVANCE_ROWS_MAX, FOLLOW_ROWS_MAX); count += 50)
      await Promise.all(Array.from({ length: 50 }, () => world.pay(randomUUID(), false)));
    const count = async (condition: string): Promise<number> => {
      const [row] = (await database.dataSource.query(
        `SELECT count(*)::int AS count FROM payments.lane_transaction WHERE ${condition}`,
      )) as [{ count: number }];
      return row.count;
    };
    await world.lane.run();
    expect(await count('sent_at_block IS NOT NULL')).toBe(ADVANCE_ROWS_MAX);
    world.chain.mine();
    await world.lane.run();
    expect(await count(`state = 'mined'`)).toBe(ADVANCE_ROWS_MAX);
    world.chain.reorganise(1, true);
    world.chain.mine();
    await world.lane.run();
    expect(await count(`state = 'mined' AND block_number IS NOT NULL`)).toBeGreaterThanOrEqual(
      FOLLOW_ROWS_MAX,
    );
    world.chain.mine();
    for (let run = 0; run < 2; run += 1) await world.lane.run();
    expect(await count(`state = 'mined' AND block_number IS NOT NULL`)).toBeGreaterThan(ADVANCE_ROWS_MAX);
    expect(FOLLOW_BLOCKS_MAX).toBeGreaterThanOrEqual(FOLLOW_ROWS_MAX);
  }, 60_000);

  it('looks at all others when one cannot be looked at, and at it again later', async () => {
    const broken = new Set<string>();
    world = new LaneWorld(database.dataSource, {
      onPlacing: async ({ subject }) => {
        if (broken.has(subject)) throw new Error('Its owner cannot be asked.');
      },
    });
    const [first, second] = [await world.pay(), await world.pay()];
    broken.add(first.subject);
    world.chain.mine();
    expect(await world.lane.run()).toHaveLength(1);
    expect([await mined(first.subject), await mined(second.subject)]).toEqual(['open', 'mined']);
    broken.clear();
    await world.lane.run();
    expect(await mined(first.subject)).toBe('mined');
  });

  it('goes on where it was after the node was silent', async () => {
    const { subject } = await world.pay();
    world.chain.silent = true;
    await expect(world.lane.run()).rejects.toMatchObject({ code: 'dependency-unavailable' });
    await expect(world.pay()).rejects.toMatchObject({ code: 'dependency-unavailable' });
    world.chain.silent = false;
    world.chain.mine();
    await world.lane.run();
    expect(await mined(subject)).toBe('mined');
  });

  it('takes the nonce from the chain when nothing is on its way: after a restore, and when it ran ahead', async () => {
    world.chain.useNonce(world.signer.address('settlement'));
    world.chain.useNonce(world.signer.address('settlement'));
    expect((await world.pay()).nonce).toBe(2);
    world.chain.mine();
    await world.lane.run();
    world.chain.mine(64);
    await world.lane.run();
    await database.dataSource.query('UPDATE payments.lane SET next_nonce = 40');
    expect((await world.pay()).nonce).toBe(3);
  });
});
