import { describe, expect, it } from '@jest/globals';
import { bytesToHex, sha256 } from '@touchstone/crypto';
import { readVectors, vectorsPresent } from '@touchstone/testing';
import { outputDigest, outputLeaf, payloadText } from './payload.js';

const payload = {
  modelVersionId: '01'.repeat(32),
  inputHash: '02'.repeat(32),
  outputHash: '03'.repeat(32),
  nonce: '04'.repeat(32),
  timestamp: 1_763_632_800,
};
const proof = {
  ...payload,
  domain: 'model-output-v1',
  keyId: 'k',
  signature: `${'05'.repeat(32)}${'06'.repeat(32)}`,
};
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('payloadText', () => {
  it('has the five fields in exactly this order, without white space (R-SIGN-1)', () => {
    const { timestamp, nonce, ...rest } = payload;
    expect(payloadText({ timestamp, nonce, ...rest })).toBe(
      `{"modelVersionId":"${'01'.repeat(32)}","inputHash":"${'02'.repeat(32)}","outputHash":"${'03'.repeat(32)}","nonce":"${'04'.repeat(32)}","timestamp":1763632800}`,
    );
  });
});

describe('outputDigest', () => {
  it('prefixes domain and bar, or nothing for the empty domain (R-SIGN-2)', () => {
    expect(outputDigest(payload, 'model-output-v1')).toEqual(
      sha256(utf8(`model-output-v1|${payloadText(payload)}`)),
    );
    expect(outputDigest(payload, '')).toEqual(sha256(utf8(payloadText(payload))));
  });
});

describe('outputLeaf', () => {
  it('hashes exactly 200 bytes of fixed-width fields (R-ANCHOR-3)', () => {
    const time = new Uint8Array(8);
    new DataView(time.buffer).setBigUint64(0, BigInt(payload.timestamp));
    const fields = [1, 2, 3, 4].flatMap((byte) => Array.from({ length: 32 }, () => byte));
    const signature = [5, 6].flatMap((byte) => Array.from({ length: 32 }, () => byte));
    const bytes = Uint8Array.of(...fields, ...time, ...signature);
    expect(bytes.length).toBe(200);
    expect(bytesToHex(outputLeaf(proof))).toBe(bytesToHex(sha256(bytes)));
  });

  it.each([
    ['a short nonce', { nonce: '1' }],
    ['a signature that is neither form', { signature: '00'.repeat(20) }],
    ['an upper-case hash', { inputHash: 'AB'.repeat(32) }],
  ])('refuses %s', (_name, change) => {
    expect(() => outputLeaf({ ...proof, ...change })).toThrow(
      expect.objectContaining({ code: 'leaf-field-not-fixed-width' }),
    );
  });

  (vectorsPresent ? it : it.skip)(
    'takes neither of two records that unframed concatenation gives one leaf',
    () => {
      interface Ambiguity {
        readonly concat_ambiguity_seed000: {
          readonly collide: boolean;
          readonly fieldsA: object;
          readonly fieldsB: object;
        };
      }
      const { concat_ambiguity_seed000: vector } = readVectors<Ambiguity>('own/negative.json');
      expect(vector.collide).toBe(true);
      for (const fields of [vector.fieldsA, vector.fieldsB])
        expect(() => outputLeaf({ ...proof, ...fields })).toThrow();
    },
  );
});
