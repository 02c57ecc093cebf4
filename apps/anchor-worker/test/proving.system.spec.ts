import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ChainNodeProxy, chainNodes, waitUntil, type ChainNodePersonality } from '@touchstone/testing';
import { AnchorFixture, rpcOf, type TestChain } from './support/anchor-fixture.js';
import type { Replica } from './support/log-fixture.js';
import { expectSoundLog } from './support/log-invariants.js';

/** Beyond every window here; Base has some hundreds, which one test takes as they are. */
const FINALITY_BLOCKS = 150n;
/** Blocks that come while the worker looks once. */
const BLOCKS_PER_LOOK = 50;
const BLOCKS = 200;
const slowFinality: ChainNodePersonality = { finalizedBehindBlocks: FINALITY_BLOCKS };

describe('anchoring on a node that proves only its newest blocks', () => {
  let chain: TestChain;
  let fixture: AnchorFixture;
  let proxy: ChainNodeProxy;
  beforeAll(async () => {
    chain = await AnchorFixture.startChain();
    proxy = await ChainNodeProxy.start(chain.anvil.rpcUrl);
  }, 60_000);
  afterAll(async () => {
    await proxy.stop();
    await chain.anvil.stop();
  });
  beforeEach(async () => {
    proxy.become();
    fixture = await AnchorFixture.create(chain);
    fixture.rpc = rpcOf(proxy.url);
  });
  afterEach(() => fixture.close());

  const mine = (blocks: number) => fixture.call('anvil_mine', [`0x${blocks.toString(16)}`]);
  const height = async (): Promise<bigint> => BigInt(await fixture.call<string>('eth_blockNumber'));
  /** Lets the chain grow while the worker looks at it, as both do in operation. */
  const grow = async (replica: Replica, blocks: number): Promise<void> => {
    for (let mined = 0; mined < blocks; mined += BLOCKS_PER_LOOK) {
      await mine(BLOCKS_PER_LOOK);
      await replica.anchoring?.run();
    }
  };
  const expectFinalProof = async (behind = FINALITY_BLOCKS): Promise<void> => {
    const [final] = await fixture.finals();
    const { checkpoints } = await expectSoundLog(fixture.log);
    const verified = await fixture.verify(final!, checkpoints[0]!.note);
    if (!('header' in verified)) throw new Error(JSON.stringify(verified));
    const canonical = await fixture.call<{ hash: string }>('eth_getBlockByNumber', [
      `0x${verified.header.number.toString(16)}`,
      false,
    ]);
    expect(canonical.hash).toBe(`0x${verified.header.hash}`);
    expect(verified.header.number).toBeLessThanOrEqual((await height()) - behind);
    expect(await fixture.log.rows('SELECT 1 FROM anchors.kept_proof')).toEqual([]);
  };

  it('reaches L2 on Base with a reth of default settings: final 600 blocks behind, proofs of the newest alone', async () => {
    const replica = await fixture.replica();
    proxy.become({ ...chainNodes.base, ...chainNodes.reth });
    await fixture.publish(replica, 'a');
    await fixture.runUntil(replica, 'included');
    await grow(replica, 1_000);
    expect(await fixture.states()).toEqual(['final']);
    await expectFinalProof(chainNodes.base.finalizedBehindBlocks);
  });

  it.each<[string, readonly ChainNodePersonality[], string]>([
    ['as reth is by default', [chainNodes.reth], 'newest'],
    ['as reth with a window of 128', [chainNodes.rethWindow128], 'including'],
    ['as geth with its 128 states', [chainNodes.geth], 'including'],
    ['as erigon 3, at the newest block alone', [chainNodes.erigonLatest], 'newest'],
    ['as nethermind with a window', [{ ...chainNodes.nethermind, ...chainNodes.rethWindow128 }], 'including'],
    ['as reth in capitals', [{ ...chainNodes.capitals, ...chainNodes.reth }], 'newest'],
    ['of two, of which one lags', [chainNodes.rethWindow128, { ...chainNodes.geth, lagsBlocks: 2n }], ''],
  ])('reaches L2 on a node %s', async (_name, nodes, source) => {
    const replica = await fixture.replica({ settings: { stuckBlocks: 1_000n } });
    await fixture.publish(replica, 'a');
    await fixture.runUntil(replica, 'prepared');
    // The transaction gets its block, and others follow, before the worker looks again.
    await replica.anchoring?.run();
    await mine(3);
    proxy.become(...nodes.map((node) => ({ ...slowFinality, ...node })));
    await fixture.runUntil(replica, 'included');
    await grow(replica, BLOCKS);
    await waitUntil(async () => {
      await replica.anchoring?.run();
      return (await fixture.states()).join() === 'final';
    }, 10_000);
    if (source !== '') expect(replica.sources).toEqual([source, 'kept']);
    expect(replica.refusals).toEqual([]);
    await expectFinalProof();
  });

  it('proves at the final block as before where the node can', async () => {
    const replica = await fixture.replica();
    proxy.become({ finalizedBehindBlocks: 20n });
    await fixture.publish(replica, 'a');
    await fixture.runUntil(replica, 'included');
    await mine(30);
    await fixture.runUntil(replica, 'final');
    expect(replica.sources).toEqual(['including', 'finalized']);
  });

  it('keeps the proof over a restart of the worker', async () => {
    const first = await fixture.replica();
    proxy.become({ ...slowFinality, ...chainNodes.reth });
    await fixture.publish(first, 'a');
    await fixture.runUntil(first, 'included');
    const kept = await fixture.log.rows('SELECT block_hash FROM anchors.kept_proof');
    expect(kept).toHaveLength(1);
    const second = await fixture.replica();
    await grow(second, BLOCKS);
    await fixture.runUntil(second, 'final');
    expect(second.sources).toEqual(['kept']);
    await expectFinalProof();
  });

  it('takes another proof when a reorganisation moves the anchor', async () => {
    const replica = await fixture.replica();
    proxy.become({ ...slowFinality, ...chainNodes.reth });
    await fixture.publish(replica, 'a');
    await fixture.runUntil(replica, 'included');
    const [before] = await fixture.log.rows<{ block_hash: string }>(
      'SELECT block_hash FROM anchors.kept_proof',
    );
    await waitUntil(async () => (await height()) >= 3n);
    await fixture.call('evm_setAutomine', [false]);
    await fixture.call('anvil_reorg', [3, []]);
    await fixture.runUntil(replica, 'orphaned');
    expect(await fixture.log.rows('SELECT 1 FROM anchors.kept_proof')).toEqual([]);
    await fixture.call('evm_setAutomine', [true]);
    await mine(1);
    await fixture.runUntil(replica, 'included');
    const [after] = await fixture.log.rows<{ block_hash: string }>(
      'SELECT block_hash FROM anchors.kept_proof',
    );
    expect(after?.block_hash).not.toBe(before?.block_hash);
    await grow(replica, BLOCKS);
    await fixture.runUntil(replica, 'final');
    await expectFinalProof();
  });

  it('says that a node serves no proofs, goes on anchoring, and finishes when it does', async () => {
    const replica = await fixture.replica();
    proxy.become({ finalizedBehindBlocks: 20n, ...chainNodes.withoutProofs });
    await fixture.publish(replica, 'a');
    await waitUntil(async () => {
      await replica.anchoring?.run();
      return replica.anchoring?.trouble !== undefined;
    });
    expect(replica.anchoring?.trouble).toContain('the method eth_getProof does not exist');
    expect(replica.refusals).toEqual([expect.stringContaining('the method eth_getProof does not exist')]);
    await fixture.publish(replica, 'b');
    await fixture.runUntil(replica, 'included', 'included');
    proxy.become({ finalizedBehindBlocks: 20n, ...chainNodes.reth });
    await replica.anchoring?.run();
    expect(replica.anchoring?.trouble).toBeUndefined();
    await replica.anchoring?.run();
    await mine(40);
    await fixture.runUntil(replica, 'final', 'final');
    expect(replica.refusals.at(-1)).toBeUndefined();
  });
});
