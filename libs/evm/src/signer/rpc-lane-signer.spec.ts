import { describe, expect, it } from '@jest/globals';
import { AppError } from '@touchstone/contracts';
import type { RpcClient } from '@touchstone/nats';
import { keccak256, type Hex } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import type { UnsignedTransaction } from '../lane/lane-ports.js';
import { RpcLaneSigner } from './rpc-lane-signer.js';

const present = privateKeyToAccount(`0x${'11'.repeat(32)}`);
const next = privateKeyToAccount(`0x${'22'.repeat(32)}`);
const transaction: UnsignedTransaction = {
  chainId: 8453,
  nonce: 7,
  to: `0x${'ab'.repeat(20)}`,
  data: '0xdb2c4aca',
  gas: 60_000n,
  maxFeePerGas: 20n,
  maxPriorityFeePerGas: 1n,
};

/** A mesh whose signer holds a key that a test may change, and answers what a test makes of it. */
function given(key: 'anchor' | 'settlement' = 'settlement') {
  let holds = present;
  let change = (answer: Record<string, string>) => answer;
  const requests: unknown[] = [];
  const call = async (_service: string, verb: string, request: { transaction: { nonce: number } }) => {
    if (verb === 'key-set') return { addresses: { [key]: holds.address.toLowerCase() } };
    requests.push(request);
    const rawTransaction = await holds.signTransaction({
      ...transaction,
      to: transaction.to as Hex,
      data: transaction.data as Hex,
      nonce: request.transaction.nonce,
    });
    return change({ rawTransaction, hash: keccak256(rawTransaction), from: holds.address.toLowerCase() });
  };
  return {
    requests,
    signer: new RpcLaneSigner({ call } as unknown as RpcClient, key),
    rotate: () => void (holds = next),
    answer: (alter: typeof change) => void (change = alter),
  };
}

describe('a key behind the signer', () => {
  it.each(['anchor', 'settlement'] as const)('is asked for as %s, and without value', async (key) => {
    const { signer, requests } = given(key);
    const account = await signer.account();
    const { hash, raw } = await signer.sign(transaction, account);
    expect(hash).toBe(keccak256(raw as Hex));
    const text = { value: '0', gas: '60000', maxFeePerGas: '20', maxPriorityFeePerGas: '1' };
    expect(requests).toEqual([{ key, transaction: { ...transaction, ...text } }]);
  });

  it('gives no transaction of another account, whose nonces are others, and then asks who signs now', async () => {
    const { signer, rotate } = given();
    const before = await signer.account();
    rotate();
    await expect(signer.sign(transaction, before)).rejects.toMatchObject({
      code: 'dependency-unavailable',
      message: expect.stringContaining(next.address.toLowerCase()),
    });
    expect(await signer.account()).toBe(next.address.toLowerCase());
    // A transaction that took its nonce before the change, and waited.
    await expect(signer.sign(transaction, before)).rejects.toMatchObject({ code: 'dependency-unavailable' });
    await expect(signer.sign(transaction, await signer.account())).resolves.toBeDefined();
  });

  it.each([
    ['a hash of other bytes', { hash: `0x${'00'.repeat(32)}` }],
    ['other bytes than its hash', { rawTransaction: '0x02c0' }],
    ['another payer', { from: `0x${'33'.repeat(20)}` }],
  ])('is not believed with %s', async (_what, change) => {
    const { signer, answer } = given();
    answer((signed) => ({ ...signed, ...change }));
    await expect(signer.sign(transaction, await signer.account())).rejects.toMatchObject({
      code: 'dependency-unavailable',
    });
  });

  it('that does not answer is a dependency that is away', async () => {
    const call = () => Promise.reject(new AppError('timeout', 'No answer.'));
    const signer = new RpcLaneSigner({ call } as unknown as RpcClient, 'anchor');
    await expect(signer.account()).rejects.toMatchObject({ code: 'dependency-unavailable' });
  });
});
