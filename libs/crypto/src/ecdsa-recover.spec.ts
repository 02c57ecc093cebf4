import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createEcdsa } from './ecdsa-rule.js';
import {
  bytesToHex,
  ecdsaPublicKey,
  ecdsaRecoverPublicKey,
  ecdsaSign,
  evmAddress,
  hexToBytes,
} from './index.js';
import { secp256k1 as native } from './secp256k1.node.js';
import { secp256k1 as portable } from './secp256k1.portable.js';

const ORDER = 'fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141';
const hex = (text: string): Uint8Array => hexToBytes(text) ?? new Uint8Array();
const digests = fc.uint8Array({ minLength: 32, maxLength: 32 });
const privateKeys = digests.filter((key) => native.isPrivateKey(key));
const key = new Uint8Array(32).fill(7);
const digest = new Uint8Array(32).fill(9);

describe('the key that made a signature', () => {
  const compressed = (point: Uint8Array | undefined) =>
    point && bytesToHex(Uint8Array.of(2 + (Number(point[64]) & 1), ...point.subarray(1, 33)));

  it('is found by both implementations, for the one bit and not for the other', () => {
    fc.assert(
      fc.property(digests, privateKeys, (message, privateKey) => {
        const signature = ecdsaSign(message, privateKey);
        const publicKey = bytesToHex(ecdsaPublicKey(privateKey));
        const [even, odd] = [false, true].map((bit) => {
          const point = ecdsaRecoverPublicKey(message, signature, bit);
          expect(createEcdsa(portable).recoverPublicKey(message, signature, bit)).toEqual(
            point && new Uint8Array(point),
          );
          return compressed(point);
        });
        expect([even, odd]).toContain(publicKey);
        expect(even).not.toBe(odd);
      }),
      { numRuns: 30 },
    );
  });

  it('is the one of the EVM’s own example, in both implementations', () => {
    // go-ethereum, core/vm/testdata/precompiles/ecRecover.json, "ValidKey": v is 28, hence y is odd; its s is high.
    const message = hex('18c547e4f7b0f325ad1e56f57e26c745b09a3e503d86e00e5255ff7f715d3d1c');
    const signature = hex(
      '73b1693892219d736caba55bdb67216e485557ea6b6af75f37096c9aa6a5a75f' +
        'eeb940b1d03b21e36b0e47e79769f095fe2ab855bd91e3a38756b7d75a9c4549',
    );
    const address = '0xa94f5374fce5edbc8e2a8697c15331677e6ebf0b';
    for (const { recoverPublicKey } of [native, portable]) {
      const [even, odd] = [false, true].map((yIsOdd) => recoverPublicKey(message, signature, yIsOdd));
      expect(odd && evmAddress(odd)).toBe(address);
      expect(even && evmAddress(even)).toMatch(/^0x[0-9a-f]{40}$/);
      expect(even).not.toEqual(odd);
    }
  });

  it('is another one for another digest, and of a signature with a high s the same for the other bit', () => {
    const signature = ecdsaSign(digest, key);
    const publicKey = bytesToHex(ecdsaPublicKey(key));
    const bit = compressed(ecdsaRecoverPublicKey(digest, signature, true)) === publicKey;
    expect(compressed(ecdsaRecoverPublicKey(digest, signature, bit))).toBe(publicKey);
    expect(compressed(ecdsaRecoverPublicKey(new Uint8Array(32).fill(8), signature, bit))).not.toBe(publicKey);
    const high = Uint8Array.from(signature);
    high.set(
      hex(
        (BigInt(`0x${ORDER}`) - BigInt(`0x${bytesToHex(signature.subarray(32))}`))
          .toString(16)
          .padStart(64, '0'),
      ),
      32,
    );
    expect(compressed(ecdsaRecoverPublicKey(digest, high, !bit))).toBe(publicKey);
  });

  it.each([
    ['an empty signature', new Uint8Array()],
    ['a zero r', new Uint8Array([...new Uint8Array(32), ...new Uint8Array(32).fill(1)])],
    ['s = n', new Uint8Array([...new Uint8Array(32).fill(1), ...hex(ORDER)])],
    // 5 is the x of no point of the curve.
    ['an r that is no x', new Uint8Array([...new Uint8Array(31), 5, ...new Uint8Array(32).fill(1)])],
  ])('is none for %s', (_name, signature) => {
    expect(ecdsaRecoverPublicKey(digest, signature, false)).toBeUndefined();
    expect(createEcdsa(portable).recoverPublicKey(digest, signature, false)).toBeUndefined();
  });

  it('is not looked for over anything but 32 bytes', () => {
    expect(() => ecdsaRecoverPublicKey(digest.subarray(1), new Uint8Array(64), false)).toThrow(RangeError);
  });
});

describe('the address of an account of Ethereum', () => {
  // Key 1 and its address stand in the tests of every client.
  const one = Uint8Array.of(...new Uint8Array(31), 1);
  const address = '0x7e5f4552091a69125d5dfcb7b8c2659029395bdf';

  it('is the same from either form of the point and either implementation', () => {
    const compressed = ecdsaPublicKey(one);
    expect(evmAddress(compressed)).toBe(address);
    for (const implementation of [native, portable])
      expect(evmAddress(implementation.uncompressed(compressed) as Uint8Array)).toBe(address);
  });

  it.each([
    ['no bytes', new Uint8Array()],
    ['32 bytes', new Uint8Array(32)],
    ['an x of no point', Uint8Array.of(2, ...new Uint8Array(31), 5)],
    ['65 bytes of another form', Uint8Array.of(6, ...new Uint8Array(64))],
  ])('is refused for %s', (_name, bytes) => {
    expect(() => evmAddress(bytes)).toThrow(RangeError);
    if (bytes.length === 33)
      for (const implementation of [native, portable])
        expect(implementation.uncompressed(bytes)).toBeUndefined();
  });
});
