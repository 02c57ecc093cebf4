import { describe, expect, it } from '@jest/globals';
import { bytesToHex, createEcdsaSigner } from '@touchstone/crypto';
import fc from 'fast-check';
import type { Hex } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { createTransactionSigner } from './transaction-signer.js';

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const wei = fc.bigInt({ min: 0n, max: 2n ** 96n });
const hex = (value: Uint8Array): Hex => `0x${bytesToHex(value)}`;
// The first byte keeps the key below the order of the curve, and the last one above zero.
const privateKeys = bytes(32).map((key) => Uint8Array.from(key.with(0, 1).with(31, 1)));
const transactions = fc.record({
  chainId: fc.constantFrom(1, 8453, 84532),
  nonce: fc.nat(1_000_000),
  to: bytes(20).map(hex),
  value: fc.constantFrom(0n, 1n),
  data: fc.uint8Array({ maxLength: 300 }).map(hex),
  gas: fc.bigInt({ min: 21_000n, max: 1_000_000n }),
  maxFeePerGas: wei.map((fee) => fee + 2n ** 96n),
  maxPriorityFeePerGas: wei,
});

describe('a signed transaction', () => {
  it('is byte for byte the one that viem signs with the same key', async () => {
    await fc.assert(
      fc.asyncProperty(privateKeys, transactions, async (key, transaction) => {
        const account = privateKeyToAccount(hex(key));
        const signer = createTransactionSigner('k', createEcdsaSigner(key));
        expect(signer.address).toBe(account.address.toLowerCase());
        const { rawTransaction, from } = await signer.sign(transaction);
        expect(rawTransaction).toBe(await account.signTransaction({ type: 'eip1559', ...transaction }));
        expect(from).toBe(signer.address);
      }),
      { numRuns: 150 },
    );
  });

  it('is not given out when the signature leads to another account', () => {
    const [signing, other] = [1, 2].map((byte) => createEcdsaSigner(new Uint8Array(32).fill(byte)));
    const faulty = createTransactionSigner('k', {
      publicKey: signing?.publicKey as Uint8Array,
      sign: (digest) => other?.sign(digest) as Uint8Array,
    });
    const transaction = fc.sample(transactions, 1)[0] as Parameters<typeof faulty.sign>[0];
    expect(() => faulty.sign(transaction)).toThrow('does not lead to its account');
  });
});
