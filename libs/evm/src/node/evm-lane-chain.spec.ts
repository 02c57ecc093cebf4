import { describe, expect, it } from '@jest/globals';
import { refusal, tableNode, type Answers } from '../../test/table-node.js';
import { evmChainId } from './chain-id.js';
import { EvmLaneChain } from './evm-lane-chain.js';
import { FINAL_DEPTH_BLOCKS } from './evm-node.js';

const account = `0x${'cd'.repeat(20)}`;
const word = (value: number): string => `0x${value.toString(16).padStart(64, '0')}`;
const block = (number: number) => ({
  number: `0x${number.toString(16)}`,
  hash: word(number),
  timestamp: '0x1',
  baseFeePerGas: '0x7',
});
const chainOf = (answers: Answers): EvmLaneChain => new EvmLaneChain(tableNode(answers));
const unavailable = expect.objectContaining({ code: 'dependency-unavailable', retryable: true });

describe('an EVM chain', () => {
  it('knows its network and does not speak to a node of another', async () => {
    expect(chainOf({}).network).toBe('eip155:8453');
    expect(evmChainId('eip155:84532')).toBe(84_532);
    for (const network of ['bip122:1', 'eip155:0', 'eip155:1234567890123456'])
      expect(() => evmChainId(network)).toThrow(expect.objectContaining({ code: 'config-invalid' }));
    await expect(chainOf({ eth_chainId: '0x1' }).head()).rejects.toMatchObject({ code: 'config-invalid' });
  });

  it('asks for the chain again after the node was away', async () => {
    let chainId: unknown = '0x2105';
    let away = false;
    const node = tableNode({
      eth_chainId: () => chainId,
      eth_blockNumber: () => {
        if (away) throw new TypeError('fetch failed');
        return '0x10';
      },
      eth_getBlockByNumber: () => block(1),
    });
    const chain = new EvmLaneChain(node);
    expect(await chain.head()).toEqual({ latest: 16n, finalized: 1n });
    [chainId, away] = ['0x1', true];
    await expect(chain.head()).rejects.toEqual(unavailable);
    away = false;
    await expect(chain.head()).rejects.toMatchObject({ code: 'config-invalid' });
  });

  it.each([
    ['its number', block(7), 7n],
    ['none where it has none', null, undefined],
    ['none where it refuses the tag', refusal('unsupported block tag'), undefined],
  ])('asks a node for its safe block: %s', async (_what, answer, expected) => {
    const eth_getBlockByNumber = ([tag]: [string]) => {
      expect(tag).toBe('safe');
      if (answer instanceof Error) throw answer;
      return answer;
    };
    expect(await tableNode({ eth_getBlockByNumber }).safeNumber()).toBe(expected);
  });

  it.each([
    ['a node that refuses the tag', refusal('unsupported block tag')],
    ['a node that has none', null],
  ])('takes a block by depth as final for %s', async (_what, answer) => {
    const latest = 200n;
    const answers = {
      eth_blockNumber: '0xc8',
      eth_getBlockByNumber: ([tag]: [string]) => {
        if (tag !== 'finalized') return block(Number(tag));
        if (answer instanceof Error) throw answer;
        return answer;
      },
    };
    expect((await chainOf(answers).head()).finalized).toBe(latest - FINAL_DEPTH_BLOCKS);
    expect((await chainOf({ ...answers, eth_blockNumber: '0x10' }).head()).finalized).toBe(-1n);
  });

  it.each([
    ['already known', 'accepted'],
    ['transaction already imported', 'accepted'],
    ['AlreadyKnown', 'accepted'],
    ['nonce too low: next nonce 5, tx nonce 4', 'nonce-used'],
    ['OldNonce', 'nonce-used'],
    ['FeeTooLow', 'underpriced'],
    ['replacement transaction underpriced', 'underpriced'],
    ['transaction underpriced: tip needed 1000000000', 'underpriced'],
    ['max fee per gas less than block base fee: address 0x1', 'underpriced'],
    ['INTERNAL_ERROR: could not replace existing tx: underpriced', 'underpriced'],
  ])('reads the refusal "%s" as %s', async (reason, outcome) => {
    for (const code of [-32_000, -32_603, -32_010])
      expect(await chainOf({ eth_sendRawTransaction: refusal(reason, code) }).send('0x02')).toBe(outcome);
  });

  it('takes any other refusal for a passing one', async () => {
    const poor = refusal('insufficient funds for gas * price + value');
    await expect(chainOf({ eth_sendRawTransaction: poor }).send('0x02')).rejects.toEqual(unavailable);
  });

  it('reads where a transaction stands, and nothing for one that no block holds', async () => {
    const receipt = { blockNumber: '0x10', blockHash: word(7), status: '0x1', gasUsed: '0xb6b0', logs: [] };
    expect(await chainOf({ eth_getTransactionReceipt: receipt }).placementOf(word(1))).toEqual({
      hash: word(1),
      block: { number: 16n, hash: word(7) },
      succeeded: true,
      gasUsed: 46_768n,
    });
    expect(
      await chainOf({ eth_getTransactionReceipt: { ...receipt, status: '0x0' } }).placementOf(word(1)),
    ).toMatchObject({ succeeded: false });
    expect(await chainOf({ eth_getTransactionReceipt: null }).placementOf(word(1))).toBeUndefined();
  });

  it('counts transactions at the newest block or at an earlier one', async () => {
    const asked: unknown[] = [];
    const chain = chainOf({
      eth_getTransactionCount: ([, tag]: [string, string]) => {
        asked.push(tag);
        return '0x5';
      },
    });
    expect(await chain.transactionCount(account)).toBe(5);
    expect(await chain.transactionCount(account, 17n)).toBe(5);
    await chain.transactionCount(account, -3n);
    expect(asked).toEqual(['latest', '0x11', '0x0']);
  });

  it.each([
    ['eth_getTransactionReceipt', { blockNumber: 16 }, (chain: EvmLaneChain) => chain.placementOf(word(1))],
    ['eth_getTransactionReceipt', 'yes', (chain: EvmLaneChain) => chain.placementOf(word(1))],
    ['eth_getTransactionCount', '17', (chain: EvmLaneChain) => chain.transactionCount(account)],
    ['eth_getBlockByNumber', { number: '0x1', hash: '0x1' }, (chain: EvmLaneChain) => chain.blockHash(1n)],
    ['eth_getBalance', null, (chain: EvmLaneChain) => chain.balance(account)],
  ])('believes no malformed answer to %s (%j)', async (method, answer, ask) => {
    await expect(ask(chainOf({ [method]: answer }))).rejects.toEqual(unavailable);
  });
});
