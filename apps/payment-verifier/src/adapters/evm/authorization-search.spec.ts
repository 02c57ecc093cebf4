import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { deployDevelopmentChain } from '@touchstone/embedded';
import { EvmNode } from '@touchstone/evm';
import { ChainNodeProxy, chainNodes, startTestAnvil, type NodeRefusal } from '@touchstone/testing';
import { InvalidParamsRpcError, MethodNotFoundRpcError, RpcRequestError, TimeoutError } from 'viem';
import { ASSET, NETWORK, Payer } from '../../../test/support/payer.js';
import { samplePayment } from '../../../test/support/sample-payment.js';
import { TestToken } from '../../../test/support/test-token.js';
import type { Reservation } from '../../domain/reservation.js';
import {
  AuthorizationSearch,
  LOG_MARGIN_BLOCKS,
  LOG_RANGE_BLOCKS_MAX,
  LOG_REQUESTS_MAX,
  LOG_WIDEN_AFTER_MS,
  SEARCHES_REMEMBERED_MAX,
  type Searched,
} from './authorization-search.js';
import { EvmSettlementChain } from './evm-settlement-chain.js';
import { EvmTransfers } from './evm-transfers.js';

const START_TIMEOUT_MS = 60_000;
const NODE_TIMEOUT_MS = 10_000;
const BLOCKS_PER_CALL = 250n;

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
    first = await latest();
  }, START_TIMEOUT_MS);
  beforeEach(() => {
    proxy.become();
    const node = EvmNode.overHttp(proxy.url, NETWORK, NODE_TIMEOUT_MS);
    chain = new EvmSettlementChain(node, 1, new EvmTransfers(node, 1));
  });
  afterAll(async () => {
    for (const close of closers) await close();
  });

  const latest = async () => BigInt(await token.rpc<string>('eth_blockNumber'));
  const mineTo = async (block: bigint) => {
    // In parts: a busy machine does not make ten thousand blocks within one call's time.
    for (let missing = block - (await latest()); missing > 0n; missing = block - (await latest())) {
      const part = missing < BLOCKS_PER_CALL ? missing : BLOCKS_PER_CALL;
      await token.rpc('anvil_mine', [`0x${part.toString(16)}`]);
    }
  };
  /** An authorisation that is cancelled in exactly this block, and the questions that finding it took. */
  const searchFor = async (block: bigint, from = first) => {
    const { nonce } = samplePayment();
    await mineTo(block - 1n);
    await token.cancel(payer.address, `0x${nonce}`, await payer.signCancellation(`0x${nonce}`));
    expect(await latest()).toBe(block);
    const asked = proxy.methods.length;
    const payment = samplePayment({ payer: payer.address, asset: ASSET, nonce });
    const fate = await chain.fateOf({
      ...payment,
      fromBlock: from + LOG_MARGIN_BLOCKS,
      transfer: null,
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

  it.each<[string, readonly NodeRefusal[]]>([
    ['in three ways', chainNodes.logs500.logs.refusals],
    ['with HTTP 400 and no words', [{ code: -32_000, message: '', httpStatus: 400 }]],
    ['with HTTP 413', [{ code: -32_614, message: 'eth_getLogs is limited to a 50 range', httpStatus: 413 }]],
  ])('finds what is 70 blocks away on a node that refuses more than 50, %s', async (_name, refusals) => {
    proxy.become({ logs: { blocksMax: 50n, refusals } });
    const start = await latest();
    const { fate, ranges } = await searchFor(start + 70n, start);
    expect(fate).toEqual({ kind: 'canceled' });
    expect(ranges.length).toBeGreaterThan(2);
    expect(chain.search.rangeBlocks).toBeGreaterThan(25 - 1);
    expect(chain.search.rangeBlocks).toBeLessThanOrEqual(50);
    const again = await searchFor(start + 130n, start + 70n);
    expect(again.fate).toEqual({ kind: 'canceled' });
    // The width is remembered: nothing is refused any more.
    expect(again.ranges.every(([from, to]) => (to ?? 0n) - (from ?? 0n) < 50n)).toBe(true);
  });

  it('says unavailable in the words of a node that fails, at once', async () => {
    proxy.decide = (method) => (method === 'eth_getLogs' ? 'fail' : 'pass');
    const asked = proxy.callsOf('eth_getLogs').length;
    await expect(searchFor((await latest()) + 1n)).rejects.toMatchObject({ code: 'dependency-unavailable' });
    expect(proxy.callsOf('eth_getLogs').length - asked).toBe(1);
    proxy.decide = () => 'pass';
  });
});

/** A node that answers a range of logs or refuses it, and what it was asked. */
class LogNode {
  rangeMax = LOG_RANGE_BLOCKS_MAX;
  refusal: Error = refusedBy(-32_602);
  /** Refused whatever the range. */
  isBroken = false;
  logAt: bigint | undefined;
  readonly ranges: [bigint, bigint][] = [];
  readonly client = {
    request: async ({ params }: { params: [{ fromBlock: string; toBlock: string }] }) => {
      const [from, to] = [BigInt(params[0].fromBlock), BigInt(params[0].toBlock)];
      this.ranges.push([from, to]);
      if (this.isBroken || to - from + 1n > this.rangeMax) throw this.refusal;
      const found = this.logAt !== undefined && from <= this.logAt && this.logAt <= to;
      return found ? [{ blockNumber: `0x${(this.logAt ?? 0n).toString(16)}` }] : [];
    },
  };
}

const URL_WITH_KEY = 'https://node.example/secret-key';
function refusedBy(code: number, message = 'no'): Error {
  const cause = new RpcRequestError({ body: {}, url: URL_WITH_KEY, error: { code, message } });
  return code === -32_601 ? new MethodNotFoundRpcError(cause) : new InvalidParamsRpcError(cause);
}

describe('a search for an authorisation', () => {
  let node: LogNode;
  let nowMs: number;
  let search: AuthorizationSearch;
  beforeEach(() => {
    node = new LogNode();
    nowMs = 0;
    search = new AuthorizationSearch(node as unknown as EvmNode, () => nowMs);
  });
  const searched = (nonce = '01', fromBlock = LOG_MARGIN_BLOCKS): Searched => ({
    network: NETWORK,
    asset: ASSET,
    payer: ASSET,
    nonce,
    fromBlock,
  });
  /** Nothing is final, so that nothing is remembered. */
  const NOTHING_FINAL = 0n;

  it('halves the range until it is answered, and remembers the width', async () => {
    node.rangeMax = 500n;
    await search.find(searched(), 1_999n, NOTHING_FINAL);
    expect(node.ranges).toEqual([
      [0n, 1_999n],
      [0n, 999n],
      [0n, 499n],
      [500n, 999n],
      [1_000n, 1_499n],
      [1_500n, 1_999n],
    ]);
    node.ranges.length = 0;
    await search.find(searched(), 499n, NOTHING_FINAL);
    expect([node.ranges, search.rangeBlocks]).toEqual([[[0n, 499n]], 500]);
  });

  it('goes down to a single block', async () => {
    [node.rangeMax, node.logAt] = [1n, 2n];
    expect(await search.find(searched(), 9n, NOTHING_FINAL)).toBeDefined();
    expect(search.rangeBlocks).toBe(1);
  });

  it('does not take a refusal of everything for one of the range, and asks a bounded number of times', async () => {
    node.isBroken = true;
    await expect(search.find(searched(), 10_000n, NOTHING_FINAL)).rejects.toMatchObject({
      code: 'dependency-unavailable',
    });
    expect(node.ranges).toHaveLength(11);
    expect(node.ranges.at(-1)).toEqual([0n, 0n]);
    expect(search.rangeBlocks).toBe(Number(LOG_RANGE_BLOCKS_MAX));
    node.isBroken = false;
    await search.find(searched(), 1_999n, NOTHING_FINAL);
    expect(node.ranges).toHaveLength(12);
  });

  it.each<[string, Error]>([
    ['does not have the method', refusedBy(-32_601)],
    [
      'is asked too often',
      refusedBy(-32_005, 'Your app has exceeded its compute units per second capacity.'),
    ],
    ['does not answer', new TimeoutError({ body: {}, url: URL_WITH_KEY })],
    ['answers no JSON-RPC', new Error('socket hang up')],
  ])('asks once when the node %s, and tells no address', async (_name, refusal) => {
    [node.isBroken, node.refusal] = [true, refusal];
    const error: unknown = await search
      .find(searched(), 100n, NOTHING_FINAL)
      .catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'dependency-unavailable' });
    expect(`${String(error)} ${String((error as Error).cause)}`).not.toContain('secret-key');
    expect(node.ranges).toHaveLength(1);
  });

  it('tries twice the width every LOG_WIDEN_AFTER_MS, up to LOG_RANGE_BLOCKS_MAX', async () => {
    node.rangeMax = 500n;
    await search.find(searched(), 1_999n, NOTHING_FINAL);
    const widthAfter = async (elapsedMs: number): Promise<number> => {
      nowMs += elapsedMs;
      await search.find(searched(), 1_999n, NOTHING_FINAL);
      return search.rangeBlocks;
    };
    node.rangeMax = LOG_RANGE_BLOCKS_MAX;
    expect(await widthAfter(LOG_WIDEN_AFTER_MS - 1)).toBe(500);
    expect(await widthAfter(1)).toBe(1_000);
    expect(await widthAfter(LOG_WIDEN_AFTER_MS)).toBe(2_000);
    expect(await widthAfter(LOG_WIDEN_AFTER_MS)).toBe(2_000);
    node.rangeMax = 500n;
    await search.find(searched(), 1_999n, NOTHING_FINAL);
    node.ranges.length = 0;
    nowMs += LOG_WIDEN_AFTER_MS;
    await search.find(searched(), 1_999n, NOTHING_FINAL);
    // One refused question, and not again until the next time.
    expect(node.ranges.filter(([from, to]) => to - from + 1n > 500n)).toHaveLength(1);
    expect(search.rangeBlocks).toBe(500);
  });

  it('learns nothing from a short range that is answered', async () => {
    node.rangeMax = 500n;
    await search.find(searched(), 1_999n, NOTHING_FINAL);
    nowMs += LOG_WIDEN_AFTER_MS;
    await search.find(searched(), 9n, NOTHING_FINAL);
    expect(search.rangeBlocks).toBe(500);
  });

  it('asks LOG_REQUESTS_MAX times and goes on there when its blocks are final', async () => {
    node.rangeMax = 1n;
    await search.find(searched('02'), 1n, NOTHING_FINAL);
    expect(search.rangeBlocks).toBe(1);
    node.ranges.length = 0;
    const last = BigInt(LOG_REQUESTS_MAX) - 1n;
    await search.find(searched('03'), last, 10_000n);
    expect(node.ranges).toHaveLength(LOG_REQUESTS_MAX);
    node.ranges.length = 0;
    node.logAt = last + 1n;
    const more = search.find(searched('04'), last + 1n, 10_000n);
    await expect(more).rejects.toMatchObject({ code: 'dependency-unavailable', retryable: true });
    expect(node.ranges).toHaveLength(LOG_REQUESTS_MAX);
    node.ranges.length = 0;
    expect(await search.find(searched('04'), last + 1n, 10_000n)).toBeDefined();
    expect(node.ranges).toEqual([[last + 1n, last + 1n]]);
  });

  it('searches again what a reorganisation may still change', async () => {
    await search.find(searched(), 1_000n, 500n);
    node.ranges.length = 0;
    await search.find(searched(), 1_000n, 500n);
    expect(node.ranges).toEqual([[500n - LOG_MARGIN_BLOCKS + 1n, 1_000n]]);
  });

  it('begins at the first block again when it has to forget', async () => {
    await search.find(searched(), 1_000n, 500n);
    search.forget(searched());
    node.ranges.length = 0;
    await search.find(searched(), 1_000n, 500n);
    expect(node.ranges).toEqual([[0n, 1_000n]]);
  });

  it.each([
    [SEARCHES_REMEMBERED_MAX, 500n - LOG_MARGIN_BLOCKS + 1n],
    [SEARCHES_REMEMBERED_MAX + 1, 0n],
  ])('of %d remembered searches begins the oldest at block %d', async (count, from) => {
    for (let index = 0; index < count; index += 1) await search.find(searched(`${index}`), 1_000n, 500n);
    node.ranges.length = 0;
    await search.find(searched('0'), 1_000n, 500n);
    expect(node.ranges[0]?.[0]).toBe(from);
  });
});
