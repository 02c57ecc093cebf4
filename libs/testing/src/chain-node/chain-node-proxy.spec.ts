import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { callRpc, deployDevelopmentChain } from '@touchstone/embedded';
import { startTestAnvil } from '../test-anvil.js';
import { ChainNodeProxy } from './chain-node-proxy.js';
import { chainNodes, type ChainNodePersonality } from './personality.js';

interface Answer {
  readonly status: number;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string };
}
interface Block {
  readonly number: string;
  readonly hash: string;
  readonly stateRoot: string;
  readonly baseFeePerGas?: string;
}

const START_TIMEOUT_MS = 60_000;
/** Blocks of the chain; more than the windows of the nodes that are acted here. */
const BLOCKS = 700n;
const SLOT = `0x${'00'.repeat(32)}`;

describe('a node that answers as other clients do', () => {
  let chainUrl: string;
  let contract: string;
  let proxy: ChainNodeProxy;
  const closers: (() => Promise<unknown>)[] = [];
  beforeAll(async () => {
    const anvil = await startTestAnvil({ finalizes: false });
    closers.push(() => anvil.stop());
    chainUrl = anvil.rpcUrl;
    const [from] = await callRpc<[`0x${string}`]>(chainUrl, 'eth_accounts');
    ({ anchorRegistry: contract } = await deployDevelopmentChain(chainUrl, {
      anchorSubmitter: from,
      settlementSubmitter: from,
      payer: from,
    }));
    await callRpc(chainUrl, 'anvil_mine', [`0x${BLOCKS.toString(16)}`]);
    proxy = await ChainNodeProxy.start(chainUrl);
    closers.unshift(() => proxy.stop());
  }, START_TIMEOUT_MS);
  afterAll(async () => {
    for (const close of closers) await close();
  });
  beforeEach(() => proxy.become());

  const ask = async (method: string, ...params: unknown[]): Promise<Answer> => {
    const response = await fetch(proxy.url, {
      method: 'POST',
      body: JSON.stringify({ jsonrpc: '2.0', id: 7, method, params }),
    });
    const { result, error } = (await response.json()) as Answer;
    return { status: response.status, ...(error ? { error } : { result }) };
  };
  const head = async (): Promise<bigint> => BigInt(await callRpc<string>(chainUrl, 'eth_blockNumber'));
  const at = (number: bigint): string => `0x${number.toString(16)}`;
  const proofAt = (number: bigint) => ask('eth_getProof', contract, [SLOT], at(number));
  const logs = (from: bigint, to: bigint) => ask('eth_getLogs', { fromBlock: at(from), toBlock: at(to) });
  const block = async (tag: string): Promise<Block> =>
    (await ask('eth_getBlockByNumber', tag, false)).result as Block;

  it('is the chain itself without a personality, and remembers what it was asked', async () => {
    expect((await block('latest')).number).toBe(at(await head()));
    expect(proxy.methods.at(-1)).toBe('eth_getBlockByNumber');
    expect(proxy.callsOf('eth_getBlockByNumber').at(-1)).toEqual(['latest', false]);
  });

  it.each<[string, ChainNodePersonality, bigint, number, RegExp]>([
    [
      'geth',
      chainNodes.geth,
      128n,
      -32_000,
      /^missing trie node [0-9a-f]{64} \(path \) state 0x[0-9a-f]{64} is/,
    ],
    ['reth', chainNodes.reth, 0n, -32_602, /^distance to target block exceeds maximum proof window$/],
    ['reth with a window', chainNodes.rethWindow128, 128n, -32_602, /^distance to target block/],
    ['erigon 3', chainNodes.erigonLatest, 0n, -32_000, /only for the 'latest' block$/],
  ])('%s proves its newest blocks and refuses the one below', async (_name, node, window, code, message) => {
    proxy.become(node);
    const newest = await head();
    expect((await proofAt(newest - window)).error).toBeUndefined();
    const refused = await proofAt(newest - window - 1n);
    expect(refused).toMatchObject({ status: 200, error: { code, message: expect.stringMatching(message) } });
  });

  it('geth names the state root of the block, and refuses other questions about old states too', async () => {
    proxy.become(chainNodes.geth);
    const old = at((await head()) - 200n);
    const { stateRoot } = await block(old);
    const { error } = await ask('eth_getBalance', contract, old);
    expect(error?.message).toContain(stateRoot.slice(2));
    proxy.become(chainNodes.reth);
    expect((await ask('eth_getBalance', contract, old)).result).toBeDefined();
  });

  it('erigon 2 keeps more states than this chain has blocks', async () => {
    proxy.become(chainNodes.erigon);
    expect((await proofAt((await head()) - 100n)).error).toBeUndefined();
  });

  it('nethermind mixes empty nodes into proofs, pads values and shortens keys', async () => {
    const honest = (await proofAt(await head())).result as { accountProof: string[] };
    proxy.become(chainNodes.nethermind);
    const { result } = await proofAt(await head());
    const { accountProof, storageProof } = result as {
      accountProof: string[];
      storageProof: { key: string; value: string; proof: string[] }[];
    };
    expect(accountProof.filter((node) => node !== '0x')).toEqual(honest.accountProof);
    expect(accountProof.filter((node) => node === '0x')).toHaveLength(2);
    expect(storageProof[0]).toMatchObject({ key: '0x0', value: `0x${'0'.repeat(64)}` });
    expect(storageProof[0]?.proof).toContain('0x');
  });

  it('refuses a range of logs above 500 blocks in three ways, in turn', async () => {
    proxy.become(chainNodes.logs500);
    expect((await logs(1n, 500n)).result).toBeDefined();
    const seen = [await logs(1n, 501n), await logs(1n, 501n), await logs(1n, 501n)];
    expect(seen.map(({ status, error }) => [status, error?.code])).toEqual(
      expect.arrayContaining([
        [400, -32_600],
        [413, -32_614],
        [200, -32_602],
      ]),
    );
    expect(seen.map(({ error }) => error?.message)).toContainEqual(
      expect.stringContaining('retry with the range 1-501'),
    );
    proxy.become(chainNodes.logs10);
    expect((await logs(1n, 10n)).result).toBeDefined();
    expect((await logs(1n, 11n)).status).toBe(400);
  });

  it('puts the final block far below the newest, or at the first one of a short chain', async () => {
    proxy.become(chainNodes.base);
    expect((await block('finalized')).number).toBe(at((await head()) - 600n));
    proxy.become({ finalizedBehindBlocks: 1_000_000n });
    expect((await block('finalized')).number).toBe('0x0');
  });

  it('composes: a lagging node that is two blocks behind takes turns with one that is not', async () => {
    proxy.become({}, { lagsBlocks: 2n });
    const newest = await head();
    const [one, two] = [await block('latest'), await block('latest')];
    expect(new Set([one.number, two.number])).toEqual(new Set([at(newest), at(newest - 2n)]));
    proxy.become({ lagsBlocks: 2n });
    expect(await block(at(newest - 1n))).toBeNull();
    expect((await proofAt(newest)).error?.message).toBe('header not found');
    expect((await ask('eth_blockNumber')).result).toBe(at(newest - 2n));
    expect((await proofAt(newest - 2n)).error).toBeUndefined();
  });

  it('hides what stands in the blocks that a lagging node has not seen', async () => {
    const [from] = await callRpc<[string]>(chainUrl, 'eth_accounts');
    const hash = await callRpc(chainUrl, 'eth_sendTransaction', [{ from, to: from, value: '0x0' }]);
    proxy.become({ lagsBlocks: 1n });
    expect((await ask('eth_getTransactionReceipt', hash)).result).toBeNull();
    proxy.become({ lagsBlocks: 0n });
    expect((await ask('eth_getTransactionReceipt', hash)).result).toMatchObject({ transactionHash: hash });
  });

  it('spells hex in capitals, answers null, and gives other fees', async () => {
    const { hash } = await block('0x1');
    proxy.become(chainNodes.capitals);
    expect((await block('0x1')).hash).toBe(`0x${hash.slice(2).toUpperCase()}`);
    proxy.become({ nullFor: ['eth_getProof'] });
    expect(await proofAt(1n)).toEqual({ status: 200, result: null });
    proxy.become({ baseFeePerGas: 5_000_000n, priorityFeePerGas: 7n });
    expect((await block('latest')).baseFeePerGas).toBe('0x4c4b40');
    expect((await ask('eth_maxPriorityFeePerGas')).result).toBe('0x7');
    proxy.become({ baseFeePerGas: 'absent', blockMembers: { slotNumber: '0x2a' } });
    expect(await block('latest')).not.toHaveProperty('baseFeePerGas');
    expect(await block('latest')).toMatchObject({ slotNumber: '0x2a' });
  });

  it('never answers a method that hangs, and refuses one that the node does not have', async () => {
    proxy.become({ hangsOn: ['eth_chainId'] });
    const waiting = fetch(proxy.url, {
      method: 'POST',
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_chainId', params: [] }),
      signal: AbortSignal.timeout(300),
    });
    await expect(waiting).rejects.toThrow();
    proxy.become(chainNodes.withoutProofs);
    expect((await proofAt(1n)).error?.code).toBe(-32_601);
  });

  it('does what the test decides before it answers as anybody', async () => {
    proxy.become(chainNodes.reth);
    proxy.decide = (method) => (method === 'eth_chainId' ? 'fail' : 'hide');
    const failed = await fetch(proxy.url, {
      method: 'POST',
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_chainId' }),
    });
    expect(failed.status).toBe(503);
    expect((await ask('eth_blockNumber')).result).toBeNull();
    proxy.decide = () => 'pass';
    expect((await ask('eth_chainId')).result).toBe(await callRpc(chainUrl, 'eth_chainId'));
  });
});
