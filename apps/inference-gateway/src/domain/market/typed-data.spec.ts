import { describe, expect, it } from '@jest/globals';
import { apiKeyRequestTypes } from '@touchstone/contracts/http/developers';
import { marketDomain, modelSubmissionTypes } from '@touchstone/contracts/http/market';
import { bytesToHex } from '@touchstone/crypto';
import fc from 'fast-check';
import { hashTypedData, type Hex } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { signerOf, typedDataDigest } from './typed-data.js';

const hex = (bytes: number) =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((value) => bytesToHex(value));
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

describe('typed data of developers', () => {
  it('of a submission has the digest that wallets sign', () => {
    fc.assert(
      fc.property(
        fc.array(hex(32), { minLength: 4, maxLength: 4 }),
        hex(20),
        fc.nat(Number.MAX_SAFE_INTEGER),
        fc.integer({ min: 1, max: 2 ** 40 }),
        ([modelSha256, manifestSha256, testCasesSha256, termsSha256], address, deadline, chainId) => {
          const developer = `0x${address}` as const;
          const message = {
            ...{ modelSha256, manifestSha256, testCasesSha256, termsSha256, developer, deadline },
          } as Record<string, string | number>;
          const fields = modelSubmissionTypes.ModelSubmission;
          const own = typedDataDigest({ chainId, type: 'ModelSubmission', fields, message });
          const theirs = hashTypedData({
            domain: marketDomain(chainId),
            types: modelSubmissionTypes,
            primaryType: 'ModelSubmission',
            message: {
              modelSha256: `0x${modelSha256 as string}`,
              manifestSha256: `0x${manifestSha256 as string}`,
              testCasesSha256: `0x${testCasesSha256 as string}`,
              termsSha256: `0x${termsSha256 as string}`,
              developer,
              deadline: BigInt(deadline),
            },
          });
          expect(`0x${bytesToHex(own)}`).toBe(theirs);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('of a request for a key has the digest that wallets sign, whatever its label', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), hex(20), (label, address) => {
        const developer = `0x${address}` as const;
        const message = { developer, label, deadline: 1 };
        const fields = apiKeyRequestTypes.ApiKeyRequest;
        const own = typedDataDigest({ chainId: 1, type: 'ApiKeyRequest', fields, message });
        const theirs = hashTypedData({
          domain: marketDomain(1),
          types: apiKeyRequestTypes,
          primaryType: 'ApiKeyRequest',
          message: { developer, label, deadline: 1n },
        });
        expect(`0x${bytesToHex(own)}`).toBe(theirs);
      }),
      { numRuns: 50 },
    );
  });
});

describe('who signed', () => {
  const account = privateKeyToAccount(generatePrivateKey());
  const digest = new Uint8Array(32).fill(7);
  const sign = () => account.sign({ hash: `0x${bytesToHex(digest)}` });

  it('is the account, and for another digest somebody else', async () => {
    const signature = await sign();
    expect(signerOf(digest, signature)).toBe(account.address.toLowerCase());
    expect(signerOf(new Uint8Array(32), signature)).not.toBe(account.address.toLowerCase());
  });

  it('is nobody by another spelling of the same signature', async () => {
    const signature = await sign();
    const [r, s, v] = [signature.slice(2, 66), BigInt(`0x${signature.slice(66, 130)}`), signature.slice(130)];
    const high = (ORDER - s).toString(16).padStart(64, '0');
    const others: Hex[] = [
      `0x${r}${high}${v === '1b' ? '1c' : '1b'}`,
      `${signature.slice(0, -2)}${v === '1b' ? '00' : '01'}` as Hex,
      `${signature.slice(0, -2)}1d` as Hex,
      signature.slice(0, -2) as Hex,
      `${signature}00`,
      `0x${'00'.repeat(64)}1b`,
      `0x${'ff'.repeat(64)}1b`,
    ];
    expect(others.map((other) => signerOf(digest, other))).toEqual(others.map(() => undefined));
  });
});
