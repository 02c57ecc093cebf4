import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { deployDevelopmentChain } from '@touchstone/embedded';
import { ChainNodeProxy, startTestAnvil } from '@touchstone/testing';
import { ASSET, NETWORK, Payer } from '../../../test/support/payer.js';
import { samplePayment } from '../../../test/support/sample-payment.js';
import { TestToken } from '../../../test/support/test-token.js';
import type { Reservation } from '../../domain/reservation.js';
import { EvmNode } from './evm-node.js';
import { EvmSettlementChain, LOG_MARGIN_BLOCKS, LOG_RANGE_BLOCKS_MAX } from './evm-settlement-chain.js';

const START_TIMEOUT_MS = 60_000;
const NODE_TIMEOUT_MS = 10_000;

describe('looking for what became of an authorisation', () => {
  const payer = new Payer();
  const closers: (() => Promise<unknown>)[] = [];
  let proxy: ChainNodeProxy;
  let token: TestToken;
  let chain: EvmSettlementChain;
  /** The first block that is searched. */
  let first: bigint;
  beforeAll(async () => {
    const anvil = await startTestAnvil({ finalizes: false });
    closers.push(() => anvil.stop());
    const { address } = payer;
    await deployDevelopmentChain(anvil.rpcUrl, {
      anchorSubmitter: address,
      settlementSubmitter: address,
      payer: address,
    });
    proxy = await ChainNodeProxy.start(anvil.rpcUrl);
    closers.unshift(() => proxy.stop());
    token = new TestToken(anvil.rpcUrl);
    chain = new EvmSettlementChain(new EvmNode(proxy.url, NETWORK, NODE_TIMEOUT_MS), 1);
    first = await latest();
  }, START_TIMEOUT_MS);
  afterAll(async () => {
    for (const close of closers) await close();
  });

  const latest = async () => BigInt(await token.rpc<string>('eth_blockNumber'));
  const mineTo = async (block: bigint) => {
    const missing = block - (await latest());
    if (missing > 0n) await token.rpc('anvil_mine', [`0x${missing.toString(16)}`]);
  };
  /** An authorisation that is cancelled in exactly this block, and the questions that finding it took. */
  const searchFor = async (block: bigint) => {
    const { nonce } = samplePayment();
    await mineTo(block - 1n);
    await token.cancel(payer.address, `0x${nonce}`, await payer.signCancellation(`0x${nonce}`));
    expect(await latest()).toBe(block);
    const asked = proxy.methods.length;
    const payment = samplePayment({ payer: payer.address, asset: ASSET, nonce });
    const fate = await chain.fateOf({
      ...payment,
      fromBlock: first + LOG_MARGIN_BLOCKS,
    } as unknown as Reservation);
    const ranges = proxy.methods
      .map((method, index) => ({ method, range: proxy.parameters[index]?.[0] as Record<string, string> }))
      .slice(asked)
      .filter(({ method }) => method === 'eth_getLogs')
      .map(({ range }) => [BigInt(range['fromBlock'] ?? 0), BigInt(range['toBlock'] ?? 0)]);
    return { fate, ranges };
  };

  it('asks once for LOG_RANGE_BLOCKS_MAX blocks and finds what stands in the last of them', async () => {
    const last = first + LOG_RANGE_BLOCKS_MAX - 1n;
    expect(await searchFor(last)).toEqual({ fate: { kind: 'canceled' }, ranges: [[first, last]] });
  });

  it('asks a second time for one block more, and finds what stands there', async () => {
    const last = first + LOG_RANGE_BLOCKS_MAX - 1n;
    expect(await searchFor(last + 1n)).toEqual({
      fate: { kind: 'canceled' },
      ranges: [
        [first, last],
        [last + 1n, last + 1n],
      ],
    });
  });
});
