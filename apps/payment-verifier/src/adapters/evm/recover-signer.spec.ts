import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { keccak256, recoverAddress, type Hex } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { recoverSigner } from './recover-signer.js';

const digest = keccak256('0x1234');
const account = privateKeyToAccount(generatePrivateKey());
const withV = (signature: Hex, v: number): Hex =>
  `${signature.slice(0, -2) as Hex}${v.toString(16).padStart(2, '0')}`;
const expected = async (hash: Hex, signature: Hex): Promise<string | undefined> => {
  try {
    return (await recoverAddress({ hash, signature })).toLowerCase();
  } catch {
    return undefined;
  }
};

describe('who signed a digest', () => {
  it('is the account, whichever way v is written', async () => {
    const signature = await account.sign({ hash: digest });
    const v = Number.parseInt(signature.slice(-2), 16);
    for (const written of [v, v - 27])
      expect(recoverSigner(digest, withV(signature, written))).toBe(account.address.toLowerCase());
    expect(recoverSigner(digest, signature.toUpperCase().replace('0X', '0x') as Hex)).toBe(
      account.address.toLowerCase(),
    );
  });

  it('is what viem finds for any signature, and nobody where that finds nobody', async () => {
    const bytes = fc.uint8Array({ minLength: 64, maxLength: 64 });
    await fc.assert(
      fc.asyncProperty(bytes, fc.constantFrom(0, 1, 27, 28), async (compact, v) => {
        const signature = withV(`0x${Buffer.from(compact).toString('hex')}00`, v);
        expect(recoverSigner(digest, signature)).toBe(await expected(digest, signature));
      }),
      { numRuns: 50 },
    );
  });

  it.each([2, 26, 29, 255])('is nobody for v = %i', async (v) => {
    expect(recoverSigner(digest, withV(await account.sign({ hash: digest }), v))).toBeUndefined();
  });

  it('is nobody for other lengths and no hex', async () => {
    const signature = await account.sign({ hash: digest });
    for (const other of [`${signature}00`, signature.slice(0, -2), '0x', `0x${'zz'.repeat(65)}`])
      expect(recoverSigner(digest, other as Hex)).toBeUndefined();
  });
});
