import { describe, expect, it } from '@jest/globals';
import { EvmLaneChain, EvmNode } from '@touchstone/evm';
import { custom, RpcRequestError } from 'viem';
import { EvmChain } from './evm-chain.js';

const contract = `0x${'ab'.repeat(20)}`;
const submitter = `0x${'cd'.repeat(20)}`;
const commitment = new Uint8Array(32).fill(1);
const unavailable = expect.objectContaining({ code: 'dependency-unavailable', retryable: true });

/** A chain whose node answers from a table. */
const chainOf = (answers: Readonly<Record<string, unknown>>): EvmChain => {
  const request = async ({ method }: { method: string }) => {
    const table: Readonly<Record<string, unknown>> = { eth_chainId: '0x2105', ...answers };
    const answer = table[method];
    if (answer instanceof Error) throw answer;
    return answer;
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

  it.each([
    ['eth_getProof', { accountProof: [] }],
    ['eth_getProof', null],
    ['eth_getBlockByNumber', { number: '0x1', hash: '0x1' }],
  ])('believes no malformed answer to %s (%j)', async (method, answer) => {
    const answers = { eth_getBlockByNumber: null, eth_getProof: null, [method]: answer };
    await expect(chainOf(answers).prove(1n, submitter, commitment)).rejects.toEqual(unavailable);
  });
});
