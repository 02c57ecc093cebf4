import { describe, expect, it } from '@jest/globals';
import type { RpcRequest } from '@touchstone/contracts';
import { SignerDouble } from '@touchstone/testing';
import { keccak256, type Hex } from 'viem';
import type { UnsignedTransaction } from '../lane/lane-ports.js';
import { RpcLaneSigner } from './rpc-lane-signer.js';

type Key = RpcRequest<'signer', 'sign-transaction'>['key'];

const NEXT_KEY = '77'.repeat(32);
const callers = { anchor: 'anchor-worker', settlement: 'payment-verifier' } as const;
/** First bytes of the calls that each key may sign. */
const calls = { anchor: '0xdb2c4aca', settlement: '0xcf092995' } as const;
const transactionOf = (double: SignerDouble, key: Key): UnsignedTransaction => ({
  chainId: double.chainId,
  nonce: 7,
  to: double.contracts[key],
  data: calls[key],
  gas: 60_000n,
  maxFeePerGas: 20n,
  maxPriorityFeePerGas: 1n,
});

function given(key: Key = 'settlement') {
  const double = new SignerDouble();
  const signer = new RpcLaneSigner(double.client(callers[key]), key);
  return { double, signer, transaction: transactionOf(double, key) };
}

describe('a key behind the signer', () => {
  it.each(['anchor', 'settlement'] as const)('is asked for as %s, and without value', async (key) => {
    const { double, signer, transaction } = given(key);
    const account = await signer.account();
    const { hash, raw } = await signer.sign(transaction, account);
    expect(hash).toBe(keccak256(raw as Hex));
    // Signed at all, it carried no value.
    expect(double.transactions).toEqual([
      expect.objectContaining({ key, ...transaction, from: account, hash }),
    ]);
  });

  it('gives no transaction of another account, whose nonces are others, and then asks who signs now', async () => {
    const { double, signer, transaction } = given();
    const before = await signer.account();
    double.replaceKey('settlement', NEXT_KEY);
    const next = double.address('settlement');
    await expect(signer.sign(transaction, before)).rejects.toMatchObject({
      code: 'dependency-unavailable',
      message: expect.stringContaining(next),
    });
    expect(await signer.account()).toBe(next);
    // A transaction that took its nonce before the change, and waited.
    await expect(signer.sign(transaction, before)).rejects.toMatchObject({ code: 'dependency-unavailable' });
    await expect(signer.sign(transaction, await signer.account())).resolves.toBeDefined();
  });

  it.each([
    ['a hash of other bytes', { hash: `0x${'00'.repeat(32)}` }],
    ['other bytes than its hash', { rawTransaction: '0x02c0' }],
    ['another payer', { from: `0x${'33'.repeat(20)}` }],
  ])('is not believed with %s', async (_what, change) => {
    const { double, signer, transaction } = given();
    double.forge('sign-transaction', (signed) => ({ ...signed, ...change }));
    await expect(signer.sign(transaction, await signer.account())).rejects.toMatchObject({
      code: 'dependency-unavailable',
    });
  });

  it('that does not answer is a dependency that is away', async () => {
    const { double, signer } = given('anchor');
    double.fail('away');
    await expect(signer.account()).rejects.toMatchObject({ code: 'dependency-unavailable' });
  });
});
