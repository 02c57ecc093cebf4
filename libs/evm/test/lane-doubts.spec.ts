import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { SignerDouble, signerSeeds } from '@touchstone/testing';
import { LaneDatabase, LaneWorld } from './lane-world.js';

const OTHER_KEY = '77'.repeat(32);
const OTHER_ACCOUNT = new SignerDouble({ seeds: { settlement: OTHER_KEY } }).address('settlement');

describe('a lane in doubt', () => {
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

  describe('that counts after five blocks, behind nodes that lag', () => {
    beforeEach(() => {
      world = new LaneWorld(database.dataSource, { confirmations: 5n });
    });

    it('never signs again what stands in a block, and says how deep it stands', async () => {
      const transaction = await world.pay();
      expect(await world.lane.outcomeOf(transaction)).toEqual({ kind: 'unmined' });
      world.chain.mine();
      for (let depth = 1; depth < 5; depth += 1) {
        await world.lane.run();
        expect(await world.lane.outcomeOf(transaction)).toMatchObject({ kind: 'shallow' });
        world.chain.mine();
      }
      expect(await world.lane.outcomeOf(transaction)).toMatchObject({ kind: 'deep' });
      expect(world.signer.transactions).toHaveLength(1);
    });

    it('waits for a receipt that lags by fewer blocks than it waits', async () => {
      world.chain.receiptLag = 4;
      const { subject } = await world.pay();
      for (let block = 0; block < 12; block += 1) {
        world.chain.mine();
        await world.lane.run();
      }
      expect(await mined(subject)).toBe('mined');
      expect(world.signer.transactions).toHaveLength(1);
    });

    it('signs anew only when a stranger has had the nonce for stuckBlocks + confirmations blocks', async () => {
      const { subject, account } = await world.pay(randomUUID(), false);
      world.chain.useNonce(account);
      await world.lane.run();
      world.chain.mine(8);
      await world.lane.run();
      expect(world.signer.transactions).toHaveLength(1);
      world.chain.mine(1);
      await world.lane.run();
      expect(world.events).toEqual(['renewed']);
      expect(world.signer.transactions.map(({ nonce }) => nonce)).toEqual([0, 1]);
      world.chain.mine();
      await world.lane.run();
      expect(world.chain.mined()).toEqual(['stranger', subject]);
      expect(await mined(subject)).toBe('mined');
    });

    it('begins to count again when a reorganisation gives the nonce back', async () => {
      const { subject, account } = await world.pay(randomUUID(), false);
      world.chain.useNonce(account);
      await world.lane.run();
      world.chain.mine(6);
      world.chain.reorganise(7);
      await world.lane.run();
      expect(await world.stateOf(subject)).toMatchObject({ usedUpAtBlock: null });
      world.chain.mine();
      await world.lane.run();
      expect(world.chain.mined()).toEqual([subject]);
      expect(world.signer.transactions).toHaveLength(1);
    });

    it('gives up what nobody wants any more once its nonce is lost', async () => {
      const { subject, account } = await world.pay(randomUUID(), false);
      world.closed.add(subject);
      world.chain.useNonce(account);
      await world.lane.run();
      world.chain.mine(9);
      await world.lane.run();
      expect(world.events).toEqual(['lost']);
      expect(await mined(subject)).toBe('lost');
      expect(world.signer.transactions).toHaveLength(1);
    });
  });

  describe('whose key is replaced', () => {
    it('has the last transactions of the old key mined first', async () => {
      const old = await world.pay(randomUUID(), false);
      world.replaceKey(OTHER_KEY);
      await expect(world.pay()).rejects.toMatchObject({
        code: 'dependency-unavailable',
        message: expect.stringContaining(old.account),
      });
      await world.lane.run();
      world.chain.mine();
      await world.lane.run();
      const next = await world.pay();
      expect(next).toMatchObject({ account: OTHER_ACCOUNT, nonce: 0 });
      world.chain.mine();
      expect(world.chain.mined()).toEqual([old.subject, next.subject]);
    });

    it('never signs a nonce of the old key with the new one', async () => {
      const { subject } = await world.pay();
      await world.lane.run();
      world.replaceKey(OTHER_KEY);
      world.chain.baseFeePerGas *= 10n;
      world.chain.mine(6);
      await world.lane.run();
      expect(world.events).toContain('capped');
      expect((await world.stateOf(subject))?.attempts).toHaveLength(1);
      expect(world.signer.transactions).toHaveLength(1);
    });

    it('waits for them a bounded time, and does not sign for their subjects again', async () => {
      const { subject } = await world.pay();
      await world.lane.run();
      world.replaceKey(OTHER_KEY);
      world.chain.baseFeePerGas *= 10n;
      world.nowMs += 59_999;
      await world.lane.run();
      await expect(world.pay()).rejects.toMatchObject({ code: 'dependency-unavailable' });
      world.nowMs += 1;
      await world.lane.run();
      expect(world.events).toContain('abandoned');
      expect((await world.pay()).account).toBe(OTHER_ACCOUNT);
      expect((await world.pay(subject)).account).not.toBe(OTHER_ACCOUNT);
      // The old key comes back: its nonce was never used, and the chain says so.
      world.replaceKey(signerSeeds.settlement);
      world.chain.mine(3);
      await world.lane.run();
      world.nowMs += 60_000;
      await world.lane.run();
      expect((await world.pay()).nonce).toBe(0);
    });
  });
});
