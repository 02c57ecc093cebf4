import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { AnchorLevel } from '@touchstone/contracts';
import { waitUntil } from '@touchstone/testing';
import { PostgresAnchorReader } from '../src/persistence/postgres-anchor-reader.js';
import { AnchorFixture, type TestChain } from './support/anchor-fixture.js';
import type { Replica } from './support/log-fixture.js';

describe('the level of an anchor', () => {
  let chain: TestChain;
  let fixture: AnchorFixture;
  let replica: Replica;
  beforeAll(async () => {
    // Its blocks are mined by the test alone: one on top makes a block safe, two make it final.
    chain = await AnchorFixture.startChain({ finalizes: false, slotsInAnEpoch: 1 });
  }, 60_000);
  afterAll(() => chain.anvil.stop());
  beforeEach(async () => {
    fixture = await AnchorFixture.create(chain);
    replica = await fixture.replica();
  });
  afterEach(() => fixture.close());

  async function shown(): Promise<{ state: string; level: AnchorLevel | null }> {
    const [row] = await fixture.log.rows<{ id: string }>('SELECT anchor_id AS id FROM anchors.chain_anchor');
    const { state, level } = (await new PostgresAnchorReader(replica.dataSource).anchor(row?.id ?? ''))!;
    return { state, level };
  }
  const runUntil = (state: string, level: AnchorLevel | null) =>
    waitUntil(
      async () => {
        await replica.anchoring?.run();
        const now = await shown();
        return now.state === state && now.level === level;
      },
      15_000,
      `an anchor that is ${state} and ${level}`,
    );
  const mine = () => fixture.call('anvil_mine', ['0x1']);

  it('is none before its block, soft in it, safe with one on top, finalized with two', async () => {
    await fixture.call('evm_setAutomine', [false]);
    await fixture.publish(replica, 'a');
    await runUntil('sent', null);
    await mine();
    await runUntil('included', 'soft');
    expect(await fixture.finals()).toEqual([]);
    await mine();
    await runUntil('included', 'safe');
    // What is safe is not told as an anchor: bundles carry final ones only.
    expect(await fixture.finals()).toEqual([]);
    await mine();
    await runUntil('final', 'finalized');
    expect(await fixture.finals()).toMatchObject([{ level: 'finalized' }]);
  });

  it('is lost with its block, and that of another block is not the one before', async () => {
    await fixture.call('evm_setAutomine', [false]);
    await fixture.publish(replica, 'a');
    await runUntil('sent', null);
    await mine();
    await mine();
    await runUntil('included', 'safe');
    // A node that called a block safe may still drop it.
    await fixture.call('anvil_reorg', [2, []]);
    await runUntil('orphaned', null);
    await mine();
    await runUntil('included', 'soft');
    await mine();
    await runUntil('included', 'safe');
    await mine();
    await runUntil('final', 'finalized');
    expect(await fixture.finals()).toHaveLength(1);
  });
});
