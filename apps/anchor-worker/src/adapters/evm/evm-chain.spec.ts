import { describe, expect, it } from '@jest/globals';
import { EvmLaneChain, EvmNode } from '@touchstone/evm';
import { custom, keccak256, RpcRequestError, TimeoutError, toRlp, type Hex } from 'viem';
import { AnchorRefusal } from '../../domain/anchor/anchor-refusal.js';
import { ProofRefusal } from '../../domain/anchor/evm/proving.js';
import { EvmChain } from './evm-chain.js';

const contract = `0x${'ab'.repeat(20)}`;
const submitter = `0x${'cd'.repeat(20)}`;
const commitment = new Uint8Array(32).fill(1);
const unavailable = expect.objectContaining({ code: 'dependency-unavailable', retryable: true });

const word = (value: number): string => `0x${value.toString(16).padStart(64, '0')}`;
const refusal = (message: string): Error =>
  new RpcRequestError({ body: {}, url: 'http://node.example/key', error: { code: -32_000, message } });

/** The fifteen original fields of a header. */
const headerFields: Readonly<Record<string, string>> = {
  parentHash: word(1),
  sha3Uncles: word(2),
  miner: submitter,
  stateRoot: word(3),
  transactionsRoot: word(4),
  receiptsRoot: word(5),
  logsBloom: `0x${'00'.repeat(256)}`,
  difficulty: '0x0',
  number: '0x11',
  gasLimit: '0x1',
  gasUsed: '0x0',
  timestamp: '0x1',
  extraData: '0x',
  mixHash: word(6),
  nonce: `0x${'00'.repeat(8)}`,
};
const realItems = Object.values(headerFields).map((text) => {
  if (text === '0x0') return '0x';
  return text.length % 2 === 0 ? (text as Hex) : (`0x0${text.slice(2)}` as Hex);
});
/** A block with its own hash. */
const realBlock = { ...headerFields, hash: keccak256(toRlp(realItems)) };

/** A chain whose node answers from a table; a function decides by the parameters. */
const chainOf = (answers: Readonly<Record<string, unknown>>): EvmChain => {
  const request = async ({ method, params }: { method: string; params?: readonly unknown[] }) => {
    const table: Readonly<Record<string, unknown>> = { eth_chainId: '0x2105', ...answers };
    const answer = table[method];
    if (answer instanceof Error) throw answer;
    return typeof answer === 'function' ? (answer as (asked: unknown) => unknown)(params) : answer;
  };
  const node = new EvmNode(custom({ request }, { retryCount: 0 }), 'eip155:8453');
  return new EvmChain(node, new EvmLaneChain(node), contract);
};

describe('the registry on an EVM chain', () => {
  it('knows its network and does not estimate on another', async () => {
    expect(chainOf({}).network).toBe('eip155:8453');
    await expect(chainOf({ eth_chainId: '0x1' }).estimateGas(submitter, '0x')).rejects.toMatchObject({
      code: 'config-invalid',
    });
  });

  it('calls anchor(bytes32,uint256), as the migration of earlier anchors writes it', () => {
    expect(chainOf({}).anchorData(commitment, 5n)).toBe(
      `0xdb2c4aca${'01'.repeat(32)}${(5).toString(16).padStart(64, '0')}`,
    );
  });

  it('takes a refused estimate for a passing one', async () => {
    const poor = new RpcRequestError({
      body: {},
      url: 'http://node.example/key',
      error: { code: -32_000, message: 'insufficient funds for gas * price + value' },
    });
    await expect(chainOf({ eth_estimateGas: poor }).estimateGas(submitter, '0x')).rejects.toEqual(
      unavailable,
    );
  });

  const reverted = (code: number, message: string) =>
    new RpcRequestError({ body: {}, url: 'http://node.example/key', error: { code, message } });
  it.each([
    ['by its code', reverted(3, 'no'), true],
    ['by its words alone', reverted(-32_000, 'execution reverted'), true],
    ['not by being busy', reverted(-32_005, 'too many requests'), false],
    ['not by silence', new TimeoutError({ body: {}, url: 'http://node.example/key' }), false],
  ])('knows that the contract would revert %s', async (_name, answer, isRefusal) => {
    const asked = chainOf({ eth_estimateGas: answer }).estimateGas(submitter, '0x');
    await expect(asked).rejects.toEqual(unavailable);
    await expect(asked.catch((error: unknown) => error instanceof AnchorRefusal)).resolves.toBe(isRefusal);
  });

  it.each<[string, object, bigint]>([
    ['at the price of its block', { effectiveGasPrice: '0x2' }, 20n],
    ['with the fee of a rollup', { effectiveGasPrice: '0x2', l1Fee: '0x7' }, 27n],
    ['at most at its own price, where the node says more', { effectiveGasPrice: '0xff' }, 50n],
    ['at its own price, where the node does not say', { l1Fee: null }, 50n],
  ])('costs a transaction %s', async (_name, receipt, cost) => {
    const chain = chainOf({ eth_getTransactionReceipt: { gasUsed: '0xa', ...receipt } });
    expect(await chain.costOf(word(1), 5n)).toBe(cost);
  });

  it.each([
    [null, /has no receipt/],
    [{ gasUsed: '0xa', l1Fee: `0x1${'0'.repeat(33)}` }, /another shape/],
    [{ gasUsed: 10 }, /another shape/],
  ])('costs nothing known by the receipt %j', async (receipt, message) => {
    const asked = chainOf({ eth_getTransactionReceipt: receipt }).costOf(word(1), 5n);
    await expect(asked).rejects.toEqual(unavailable);
    await expect(asked).rejects.toThrow(message);
  });

  it.each([
    ['eth_getProof', { accountProof: [] }],
    ['eth_getProof', null],
    ['eth_getBlockByNumber', { number: '0x1', hash: '0x1' }],
  ])('believes no malformed answer to %s (%j)', async (method, answer) => {
    const answers = { eth_getBlockByNumber: null, eth_getProof: null, [method]: answer };
    await expect(chainOf(answers).prove(1n, submitter, commitment)).rejects.toEqual(unavailable);
  });

  const later = { ...realBlock, stateDigest: '0x01', hash: word(5) };
  it.each<[string, Readonly<Record<string, unknown>>, RegExp]>([
    [
      'refuses the proof',
      { eth_getProof: refusal('distance to target block exceeds maximum proof window') },
      /^eth_getProof: .*exceeds maximum proof window/,
    ],
    ['has no such block', { eth_getProof: {} }, /a node answers null for a block/],
    ['has no such account', { eth_getBlockByNumber: realBlock, eth_getProof: null }, /no such account/],
    [
      'writes fields of a later fork and has no raw header',
      { eth_getBlockByNumber: later, debug_getRawHeader: refusal('the method does not exist') },
      /unknown here: stateDigest; debug_getRawHeader: the method does not exist/,
    ],
    [
      'writes fields of a later fork and gives another raw header',
      { eth_getBlockByNumber: later, debug_getRawHeader: '0xc0' },
      /unknown here: stateDigest; debug_getRawHeader gives no header of that hash/,
    ],
  ])('tells in a refusal that the node %s', async (_name, answers, reason) => {
    const asked = chainOf({ eth_getBlockByNumber: null, ...answers }).prove(1n, submitter, commitment);
    await expect(asked).rejects.toThrow(ProofRefusal);
    await expect(asked).rejects.toMatchObject({ reason: expect.stringMatching(reason) });
  });

  it('takes a node that does not answer for no refusal', async () => {
    const silent = new TimeoutError({ body: {}, url: 'http://node.example/key' });
    const asked = chainOf({ eth_getBlockByNumber: null, eth_getProof: silent }).prove(
      1n,
      submitter,
      commitment,
    );
    await expect(asked).rejects.toEqual(unavailable);
    await expect(asked).rejects.not.toThrow(ProofRefusal);
  });

  it('takes the header from its own bytes where the block has fields that are unknown here', async () => {
    const asked: unknown[] = [];
    const raw = toRlp([...realItems, '0x01']);
    const chain = chainOf({
      eth_getBlockByNumber: { ...realBlock, stateDigest: '0x01', hash: keccak256(raw) },
      eth_getProof: { accountProof: [], storageProof: [{ proof: [] }] },
      debug_getRawHeader: (params: readonly unknown[]) => {
        asked.push(...params);
        return raw;
      },
    });
    // The header is taken: what is refused is the account, which this answer does not prove.
    await expect(chain.prove(17n, submitter, commitment)).rejects.toMatchObject({
      reason: expect.stringMatching(/^the proof fails at account: .* missing-node at node 0$/),
    });
    expect(asked).toEqual(['0x11']);
  });
});
