import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { AppError } from '@touchstone/contracts';
import { waitUntil } from '@touchstone/testing';
import { AnchorFixture, type TestChain } from './support/anchor-fixture.js';
import { expectSoundLog } from './support/log-invariants.js';

describe('anchoring while the chain or a process fails', () => {
  let chain: TestChain;
  let fixture: AnchorFixture;
  beforeAll(async () => {
    chain = await AnchorFixture.startChain();
  }, 60_000);
  afterAll(() => chain.anvil.stop());
  beforeEach(async () => {
    fixture = await AnchorFixture.create(chain);
  });
  afterEach(() => fixture.close());

  it('sends the same bytes again after a reorganisation three blocks deep', async () => {
    const replica = await fixture.replica();
    await fixture.publish(replica, 'a');
    await fixture.runUntil(replica, 'included');
    const [before] = await fixture.attempts();
    // The miner of the development chain has put two empty blocks on top; all three go.
    await waitUntil(async () => BigInt(await fixture.call<string>('eth_blockNumber')) >= 3n);
    await fixture.call('evm_setAutomine', [false]);
    await fixture.call('anvil_reorg', [3, []]);
    expect(await fixture.call('eth_getTransactionReceipt', [before!.hash])).toBeNull();
    await fixture.runUntil(replica, 'orphaned');
    const cost = async () =>
      BigInt((await fixture.log.rows<{ cost: string }>('SELECT cost FROM anchors.chain_anchor'))[0]!.cost);
    const first = await cost();
    await fixture.call('evm_setAutomine', [true]);
    await fixture.call('anvil_mine', ['0x1']);
    await fixture.runUntil(replica, 'final');
    expect(await fixture.attempts()).toEqual([before]);
    // What is mined again costs again: whoever pays is not told of a budget that was never used.
    expect(first).toBeGreaterThan(0n);
    expect(await cost()).toBeGreaterThan(first);
    expect(replica.events.map(({ kind }) => kind)).toEqual(['included', 'orphaned', 'included', 'final']);
    const { checkpoints } = await expectSoundLog(fixture.log);
    expect(await fixture.verify((await fixture.finals())[0]!, checkpoints[0]!.note)).toMatchObject({
      ok: true,
    });
  });

  it('broadcasts a dropped transaction again', async () => {
    const replica = await fixture.replica();
    await fixture.call('evm_setAutomine', [false]);
    await fixture.publish(replica, 'a');
    await fixture.runUntil(replica, 'sent');
    await fixture.call('anvil_dropAllTransactions');
    await replica.anchoring?.run();
    expect(replica.events.map(({ kind }) => kind)).toContain('rebroadcast');
    await fixture.call('evm_setAutomine', [true]);
    await fixture.call('anvil_mine', ['0x1']);
    await fixture.runUntil(replica, 'final');
    expect(fixture.signer.transactions).toHaveLength(1);
  });

  it('replaces a transaction that is stuck by one with the same nonce and higher fees', async () => {
    const replica = await fixture.replica();
    await fixture.call('evm_setAutomine', [false]);
    await fixture.publish(replica, 'a');
    await fixture.runUntil(replica, 'sent');
    // Blocks pass while the transaction waits: its copy here says that it was sent long ago.
    await fixture.log.rows('UPDATE anchors.lane_transaction SET sent_at_block = 0');
    await waitUntil(async () => {
      await replica.anchoring?.run();
      return replica.events.some(({ kind }) => kind === 'replaced');
    });
    const [first, second] = fixture.signer.transactions;
    expect(second!.nonce).toBe(first!.nonce);
    expect(second!.maxFeePerGas * 100n).toBeGreaterThanOrEqual(first!.maxFeePerGas * 110n);
    expect(second!.maxPriorityFeePerGas).toBeGreaterThan(first!.maxPriorityFeePerGas);
    await replica.anchoring?.run();
    await fixture.call('evm_setAutomine', [true]);
    await fixture.call('anvil_mine', ['0x1']);
    await fixture.runUntil(replica, 'final');
    const [final] = await fixture.finals();
    expect(final?.transaction).toBe((await fixture.attempts())[1]?.hash);
  });

  it('takes a new nonce when a stranger to this database has used the old one', async () => {
    const replica = await fixture.replica();
    await fixture.publish(replica, 'a');
    const submitter = fixture.signer.address('anchor');
    await replica.anchoring?.run();
    expect(await fixture.states()).toEqual(['prepared']);
    const nonce = fixture.signer.transactions[0]!.nonce;
    const foreign = await fixture.signBeside({
      ...fixture.signer.transactions[0]!,
      ...{ to: submitter, data: '0x', gas: 21_000n },
    });
    await fixture.call('eth_sendRawTransaction', [foreign.raw]);
    await waitUntil(async () => (await fixture.call('eth_getTransactionReceipt', [foreign.hash])) !== null);
    await replica.anchoring?.run();
    // Until the receipt of one of its own bytes has stayed away for some blocks, it is not signed again.
    expect(fixture.signer.transactions).toHaveLength(1);
    await fixture.call('anvil_mine', ['0x4']);
    await fixture.runUntil(replica, 'final');
    expect(fixture.signer.transactions.map((signed) => signed.nonce)).toEqual([nonce, nonce + 1]);
    expect(replica.events.map(({ kind }) => kind)).toEqual(['renewed', 'included', 'final']);
  });

  it('waits for the receipt that a lagging node does not show, instead of paying twice', async () => {
    const replica = await fixture.replica({ settings: { stuckBlocks: 1_000n } });
    const working = fixture.rpc;
    fixture.rpc = async (method, params) =>
      method === 'eth_getTransactionReceipt' ? null : working(method, params);
    await fixture.publish(replica, 'a');
    for (let run = 0; run < 6; run += 1) await replica.anchoring?.run();
    expect(await fixture.states()).toEqual(['sent']);
    expect(fixture.signer.transactions).toHaveLength(1);
    fixture.rpc = working;
    await fixture.runUntil(replica, 'final');
    expect(fixture.signer.transactions).toHaveLength(1);
  });

  it('finds the bytes that were sent before a crash in the chain instead of sending others', async () => {
    const first = await fixture.replica();
    await fixture.publish(first, 'a');
    await first.anchoring?.run();
    const [{ raw, hash }] = (await fixture.attempts()) as [{ raw: string; hash: string }];
    // The process ended after the node took the bytes and before that was written down.
    await fixture.call('eth_sendRawTransaction', [raw]);
    await waitUntil(async () => (await fixture.call('eth_getTransactionReceipt', [hash])) !== null);
    await fixture.runUntil(await fixture.replica(), 'final');
    expect(fixture.signer.transactions).toHaveLength(1);
    expect((await fixture.finals()).map(({ transaction }) => transaction)).toEqual([hash]);
  });

  it('loses nothing while no node answers, at any step', async () => {
    const replica = await fixture.replica();
    const working = fixture.rpc;
    const away = async (): Promise<never> => {
      throw new AppError('dependency-unavailable', 'The chain node did not answer.');
    };
    await fixture.publish(replica, 'a');
    let calls = 0;
    // Every call fails for the first three times it is due; the stage then begins again where it was.
    fixture.rpc = async (method, params) => {
      calls += 1;
      return calls % 4 === 0 ? working(method, params) : away();
    };
    await waitUntil(
      async () => {
        await replica.anchoring?.run().catch(() => undefined);
        if (calls > 60) fixture.rpc = working;
        return (await fixture.states()).join() === 'final';
      },
      20_000,
      'the anchor to be final',
    );
    expect(await fixture.finals()).toHaveLength(1);
    expect((await expectSoundLog(fixture.log)).checkpoints).toHaveLength(1);
  });

  it('keeps anchoring while the proof of an earlier anchor cannot be had', async () => {
    const replica = await fixture.replica();
    const working = fixture.rpc;
    fixture.rpc = async (method, params) => {
      if (method === 'eth_getProof') throw new AppError('dependency-unavailable', 'Pruned.');
      return working(method, params);
    };
    await fixture.publish(replica, 'a');
    await waitUntil(async () => {
      await replica.anchoring?.run().catch(() => undefined);
      return (await fixture.states()).join() === 'included';
    });
    await fixture.publish(replica, 'b');
    await waitUntil(async () => {
      await replica.anchoring?.run().catch(() => undefined);
      return (await fixture.states()).join() === 'included,included';
    });
    fixture.rpc = working;
    await fixture.runUntil(replica, 'final', 'final');
    expect((await fixture.finals()).map(({ checkpointSize }) => checkpointSize)).toEqual(['1', '2']);
  });

  it('anchors a checkpoint once when two replicas run the stage at the same time', async () => {
    const [one, two] = [await fixture.replica(), await fixture.replica()];
    await fixture.publish(one, 'a');
    await waitUntil(
      async () => {
        await Promise.allSettled([one.anchoring?.run(), two.anchoring?.run()]);
        return (await fixture.states()).join() === 'final';
      },
      15_000,
      'the anchor to be final',
    );
    expect(await fixture.finals()).toHaveLength(1);
    expect(await fixture.attempts()).toHaveLength(1);
  });

  it('tries a later anchor when the chain reverts one, and not at once', async () => {
    const replica = await fixture.replica();
    await fixture.publish(replica, 'a');
    await replica.anchoring?.run();
    const submitter = fixture.signer.address('anchor');
    const poor = await fixture.signBeside({ ...fixture.signer.transactions[0]!, gas: 30_000n });
    await fixture.log.rows(
      `UPDATE anchors.lane_transaction SET attempts = jsonb_build_array(attempts -> 0 || $1::jsonb)`,
      [JSON.stringify(poor)],
    );
    await fixture.runUntil(replica, 'failed');
    expect(await replica.anchoring?.run()).toBeGreaterThan(20_000);
    await fixture.log.rows(`UPDATE anchors.chain_anchor SET created_at = created_at - interval '1 hour'`);
    await fixture.runUntil(replica, 'failed', 'final');
    expect(await fixture.call('eth_getTransactionCount', [submitter, 'latest'])).toBeDefined();
  });
});
