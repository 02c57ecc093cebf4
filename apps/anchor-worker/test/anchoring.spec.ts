import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { AppError } from '@touchstone/contracts';
import { waitUntil } from '@touchstone/testing';
import type { RunningAnvil } from '@touchstone/embedded';
import { AnchorFixture } from './anchor-fixture.js';
import type { Replica } from './log-fixture.js';
import { expectSoundLog } from './log-invariants.js';

describe('anchoring on an EVM chain', () => {
  let chain: { anvil: RunningAnvil; contract: string };
  let fixture: AnchorFixture;
  beforeAll(async () => {
    chain = await AnchorFixture.startChain();
  }, 60_000);
  afterAll(() => chain.anvil.stop());
  beforeEach(async () => {
    fixture = await AnchorFixture.create(chain);
  });
  afterEach(async () => {
    await fixture.call('evm_setAutomine', [true]);
    await fixture.call('anvil_mine', ['0x1']);
    await fixture.log.close();
  });

  /** Runs the stage until the anchors stand in these states. */
  const runUntil = (replica: Replica, ...states: string[]): Promise<unknown> =>
    waitUntil(
      async () => {
        await replica.anchoring?.run();
        const found = await fixture.states();
        return found.join() === states.join() || Promise.reject(new Error(`the states are ${found.join()}`));
      },
      15_000,
      `anchors to be ${states.join()}`,
    );

  it('anchors a checkpoint to a final proof that verifies offline (R-ANCHOR-7)', async () => {
    const replica = await fixture.replica();
    await fixture.publish(replica, 'a', 3);
    await runUntil(replica, 'final');
    const [final] = await fixture.finals();
    const { checkpoints } = await expectSoundLog(fixture.log);
    const result = await fixture.verify(final!, checkpoints[0]!.note);
    expect(result).toMatchObject({ ok: true, anchoredAt: { blockNumber: BigInt(final!.blockNumber) } });
    expect(final).toMatchObject({
      kind: 'evm',
      network: 'eip155:8453',
      checkpointSize: '1',
      level: 'finalized',
    });
    const roots = await fixture.log.reader().roots('model-a', { limit: 10, before: undefined });
    expect(roots).toEqual([expect.objectContaining({ txid: final!.transaction, versionId: null })]);
    const block = await fixture.call<{ timestamp: string }>('eth_getBlockByNumber', [
      `0x${BigInt(final!.blockNumber).toString(16)}`,
      false,
    ]);
    expect(roots?.[0]?.anchoredAt).toBe(Number(block.timestamp));
  });

  it('covers every batch since the last anchor by one transaction', async () => {
    const replica = await fixture.replica();
    for (const label of ['a', 'b', 'c']) await fixture.publish(replica, label);
    await runUntil(replica, 'final');
    await fixture.publish(replica, 'd');
    await runUntil(replica, 'final', 'final');
    const txids = await fixture.log.rows<{ txid: string }>(
      'SELECT txid FROM anchors.model_anchors ORDER BY log_index',
    );
    const [first, second] = await fixture.finals();
    expect(txids.map(({ txid }) => txid)).toEqual([
      ...Array<string>(3).fill(first!.transaction),
      second!.transaction,
    ]);
    expect(await replica.anchoring?.run()).toBeUndefined();
  });

  it('keeps its distance between two anchors', async () => {
    const replica = await fixture.replica({ settings: { spacingMs: 60_000 } });
    await fixture.publish(replica, 'a');
    await runUntil(replica, 'final');
    await fixture.publish(replica, 'b');
    expect(await replica.anchoring?.run()).toBeGreaterThan(50_000);
    expect(await fixture.states()).toEqual(['final']);
  });

  it('sends the same bytes again after a reorganisation three blocks deep', async () => {
    const replica = await fixture.replica();
    await fixture.publish(replica, 'a');
    await runUntil(replica, 'included');
    const [before] = await fixture.log.rows<{ hash: string }>('SELECT hash FROM anchors.anchor_attempt');
    // The miner of the development chain has put two empty blocks on top; all three go.
    await waitUntil(async () => BigInt(await fixture.call<string>('eth_blockNumber')) >= 3n);
    await fixture.call('evm_setAutomine', [false]);
    await fixture.call('anvil_reorg', [3, []]);
    expect(await fixture.call('eth_getTransactionReceipt', [before!.hash])).toBeNull();
    await runUntil(replica, 'orphaned');
    await fixture.call('evm_setAutomine', [true]);
    await fixture.call('anvil_mine', ['0x1']);
    await runUntil(replica, 'final');
    const attempts = await fixture.log.rows<{ hash: string }>('SELECT hash FROM anchors.anchor_attempt');
    expect(attempts).toEqual([before]);
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
    await runUntil(replica, 'sent');
    await fixture.call('anvil_dropAllTransactions');
    await replica.anchoring?.run();
    expect(replica.events.map(({ kind }) => kind)).toContain('rebroadcast');
    await fixture.call('evm_setAutomine', [true]);
    await fixture.call('anvil_mine', ['0x1']);
    await runUntil(replica, 'final');
    expect(fixture.transactions.signed).toHaveLength(1);
  });

  it('replaces a transaction that is stuck by one with the same nonce and higher fees', async () => {
    const replica = await fixture.replica();
    await fixture.call('evm_setAutomine', [false]);
    await fixture.publish(replica, 'a');
    await runUntil(replica, 'sent');
    // Blocks pass while the transaction waits: its copy here says that it was sent long ago.
    await fixture.log.client.query('UPDATE anchors.anchor_attempt SET sent_at_block = 0');
    await waitUntil(async () => {
      await replica.anchoring?.run();
      return replica.events.some(({ kind }) => kind === 'replaced');
    });
    const [first, second] = fixture.transactions.signed;
    expect(second!.nonce).toBe(first!.nonce);
    expect(second!.maxFeePerGas * 100n).toBeGreaterThanOrEqual(first!.maxFeePerGas * 110n);
    expect(second!.maxPriorityFeePerGas).toBeGreaterThan(first!.maxPriorityFeePerGas);
    await replica.anchoring?.run();
    await fixture.call('evm_setAutomine', [true]);
    await fixture.call('anvil_mine', ['0x1']);
    await runUntil(replica, 'final');
    const [final] = await fixture.finals();
    const hashes = await fixture.log.rows<{ hash: string }>(
      'SELECT hash FROM anchors.anchor_attempt ORDER BY attempt',
    );
    expect(final?.transaction).toBe(hashes[1]?.hash);
  });

  it('takes a new nonce when a stranger to this database has used the old one', async () => {
    const replica = await fixture.replica();
    await fixture.publish(replica, 'a');
    const submitter = await fixture.transactions.address();
    await replica.anchoring?.run();
    expect(await fixture.states()).toEqual(['prepared']);
    const nonce = fixture.transactions.signed[0]!.nonce;
    const foreign = await fixture.transactions.sign({
      ...fixture.transactions.signed[0]!,
      to: submitter,
      data: '0x',
      gas: 21_000n,
    });
    await fixture.call('eth_sendRawTransaction', [foreign.raw]);
    await waitUntil(async () => (await fixture.call('eth_getTransactionReceipt', [foreign.hash])) !== null);
    await runUntil(replica, 'final');
    expect(fixture.transactions.signed.map((signed) => signed.nonce)).toEqual([nonce, nonce, nonce + 1]);
    expect(replica.events.map(({ kind }) => kind)).toEqual(['renewed', 'included', 'final']);
  });

  it('finds the bytes that were sent before a crash in the chain instead of sending others', async () => {
    const first = await fixture.replica();
    await fixture.publish(first, 'a');
    await first.anchoring?.run();
    const [{ raw, hash }] = (await fixture.log.rows('SELECT raw, hash FROM anchors.anchor_attempt')) as [
      { raw: string; hash: string },
    ];
    // The process ended after the node took the bytes and before that was written down.
    await fixture.call('eth_sendRawTransaction', [raw]);
    await waitUntil(async () => (await fixture.call('eth_getTransactionReceipt', [hash])) !== null);
    await runUntil(await fixture.replica(), 'final');
    expect(fixture.transactions.signed).toHaveLength(1);
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
    expect(await fixture.log.rows('SELECT 1 FROM anchors.anchor_attempt')).toHaveLength(1);
  });

  it('tries a later anchor when the chain reverts one, and not at once', async () => {
    const replica = await fixture.replica();
    await fixture.publish(replica, 'a');
    await replica.anchoring?.run();
    const submitter = await fixture.transactions.address();
    const poor = await fixture.transactions.sign({ ...fixture.transactions.signed[0]!, gas: 30_000n });
    await fixture.log.client.query('UPDATE anchors.anchor_attempt SET raw = $1, hash = $2', [
      poor.raw,
      poor.hash,
    ]);
    await runUntil(replica, 'failed');
    expect(await replica.anchoring?.run()).toBeGreaterThan(20_000);
    await fixture.log.client.query(
      `UPDATE anchors.chain_anchor SET created_at = created_at - interval '1 hour'`,
    );
    await runUntil(replica, 'failed', 'final');
    expect(await fixture.call('eth_getTransactionCount', [submitter, 'latest'])).toBeDefined();
  });

  it('leaves no trace on a chain in the mode synthetic', async () => {
    const replica = await fixture.log.replica({ settings: { intervalMs: 0 } });
    await fixture.publish(replica, 'a', 2);
    expect(replica.anchoring).toBeUndefined();
    const roots = await fixture.log.reader().roots('model-a', { limit: 10, before: undefined });
    expect(roots).toEqual([expect.objectContaining({ txid: null })]);
    expect(await fixture.finals()).toEqual([]);
    expect(await fixture.states()).toEqual([]);
  });
});
