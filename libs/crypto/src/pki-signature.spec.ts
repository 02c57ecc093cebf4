import { constants, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  createPkiVerifier,
  pkiDigest,
  RSA_EXPONENT_BYTES_MAX,
  RSA_MODULUS_BITS_MAX,
  RSA_MODULUS_BITS_MIN,
  type PkiCurve,
  type PkiHash,
  type PkiPublicKey,
} from './index.js';
import { pki as openssl } from './pki-signature.node.js';
import { pki as portable } from './pki-signature.portable.js';
import { COORDINATE_BYTES, isAcceptedKey } from './pki-signature-rule.js';

const implementations = [openssl, portable];
const hashes: PkiHash[] = ['sha256', 'sha384', 'sha512'];
const message = new TextEncoder().encode('what is signed');
const bytesOf = (text = ''): Uint8Array => new Uint8Array(Buffer.from(text, 'base64url'));

function publicKeyOf(key: KeyObject): PkiPublicKey {
  const jwk = key.export({ format: 'jwk' });
  if (jwk.kty === 'RSA') return { kind: 'rsa', modulus: bytesOf(jwk.n), exponent: bytesOf(jwk.e) };
  const point = Uint8Array.of(4, ...bytesOf(jwk.x), ...bytesOf(jwk.y));
  return { kind: 'ecdsa', curve: jwk.crv as PkiCurve, point };
}

interface Pair {
  readonly name: string;
  readonly key: PkiPublicKey;
  readonly privateKey: KeyObject;
}

let pairs: Pair[];
beforeAll(() => {
  const curves: PkiCurve[] = ['P-256', 'P-384', 'P-521'];
  const made = [
    ...curves.map((namedCurve) => ({ name: namedCurve, ...generateKeyPairSync('ec', { namedCurve }) })),
    ...[3, 65_537].map((publicExponent) => ({
      name: `RSA with exponent ${publicExponent}`,
      ...generateKeyPairSync('rsa', { modulusLength: RSA_MODULUS_BITS_MIN, publicExponent }),
    })),
  ];
  pairs = made.map(({ name, publicKey, privateKey }) => ({ name, key: publicKeyOf(publicKey), privateKey }));
});

const flipped = (bytes: Uint8Array, at: number, bit: number): Uint8Array => {
  const changed = Uint8Array.from(bytes);
  const place = at % bytes.length;
  changed[place] = Number(changed[place]) ^ (1 << bit);
  return changed;
};

describe('signatures of certificates', () => {
  it('are verified with every digest, by both implementations', () => {
    for (const { key, privateKey } of pairs) {
      for (const hash of hashes) {
        const signature = new Uint8Array(sign(hash, message, privateKey));
        expect(createPkiVerifier(key)?.(hash, message, signature)).toBe(true);
        expect(implementations.map((each) => each.importKey(key)?.(hash, message, signature))).toEqual([
          true,
          true,
        ]);
      }
    }
  });

  it('of another digest, message, key or bit are refused by both', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(7), fc.nat(4), (at, bit, index) => {
        const { key, privateKey } = pairs[index] as Pair;
        const signature = new Uint8Array(sign('sha256', message, privateKey));
        for (const each of implementations) {
          const verify = each.importKey(key);
          expect(verify?.('sha256', message, flipped(signature, at, bit))).toBe(false);
          expect(verify?.('sha256', flipped(message, at, bit), signature)).toBe(false);
          expect(verify?.('sha384', message, signature)).toBe(false);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('of another length, or of a number above the modulus, are refused by both', () => {
    for (const { key, privateKey } of pairs) {
      const signature = sign('sha256', message, privateKey);
      const others = [
        new Uint8Array(),
        signature.subarray(1),
        Buffer.concat([signature, Buffer.of(0)]),
        Buffer.concat([Buffer.of(0), signature]),
        Buffer.alloc(signature.length, 0xff),
        Buffer.alloc(signature.length),
      ];
      for (const other of others) {
        const results = implementations.map((each) => each.importKey(key)?.('sha256', message, other));
        expect(results).toEqual([false, false]);
      }
    }
  });

  it('of RSASSA-PSS are verified with the length of their salt, and refused with one bit changed, by both', () => {
    const odd = generateKeyPairSync('rsa', { modulusLength: RSA_MODULUS_BITS_MIN + 2 });
    const keys = [...pairs.slice(3), { key: publicKeyOf(odd.publicKey), privateKey: odd.privateKey }];
    const padding = constants.RSA_PKCS1_PSS_PADDING;
    for (const { key, privateKey } of keys) {
      const verifiers = implementations.map((each) => each.importKey(key));
      for (const [hash, saltBytes] of [
        ['sha256', 32],
        ['sha256', 0],
        ['sha384', 48],
        ['sha512', 190],
      ] as const) {
        const signed = sign(hash, message, { key: privateKey, padding, saltLength: saltBytes });
        const signature = new Uint8Array(signed);
        const results = (other: Uint8Array, pss: { saltBytes: number } | undefined = { saltBytes }) =>
          verifiers.map((verify) => verify?.(hash, message, other, pss));
        expect(results(signature)).toEqual([true, true]);
        expect(verifiers.map((verify) => verify?.(hash, message, signature))).toEqual([false, false]);
        for (const other of [saltBytes + 1, 191, 500]) {
          expect(results(signature, { saltBytes: other })).toEqual([false, false]);
        }
        for (let at = 0; at < 256; at += 15)
          expect(results(flipped(signature, at, 3))).toEqual([false, false]);
      }
    }
  });

  it('are hashed the same by both', () => {
    for (const hash of hashes) {
      expect(openssl.digest(hash, message)).toEqual(portable.digest(hash, message));
      expect(pkiDigest(hash, message)).toEqual(portable.digest(hash, message));
    }
  });
});

describe('keys of certificates', () => {
  const rsa = (bits: number, change: Partial<PkiPublicKey & { kind: 'rsa' }> = {}): PkiPublicKey => {
    const modulus = new Uint8Array(Math.ceil(bits / 8)).fill(0xff);
    modulus[0] = 0xff >> ((8 - (bits % 8)) % 8);
    return { kind: 'rsa', modulus, exponent: Uint8Array.of(1, 0, 1), ...change };
  };

  it('of RSA have RSA_MODULUS_BITS_MIN to RSA_MODULUS_BITS_MAX bits', () => {
    expect(isAcceptedKey(rsa(RSA_MODULUS_BITS_MIN - 1))).toBe(false);
    expect(isAcceptedKey(rsa(RSA_MODULUS_BITS_MIN))).toBe(true);
    expect(isAcceptedKey(rsa(RSA_MODULUS_BITS_MAX))).toBe(true);
    expect(isAcceptedKey(rsa(RSA_MODULUS_BITS_MAX + 1))).toBe(false);
    expect(createPkiVerifier(rsa(RSA_MODULUS_BITS_MIN - 1))).toBeUndefined();
    expect(isAcceptedKey(rsa(0))).toBe(false);
  });

  it('of RSA have an odd modulus and an odd exponent from 3 to RSA_EXPONENT_BYTES_MAX bytes', () => {
    const modulus = new Uint8Array(256).fill(0xfe);
    expect(isAcceptedKey(rsa(2_048, { modulus }))).toBe(false);
    const withExponent = (...exponent: number[]): boolean =>
      isAcceptedKey(rsa(2_048, { exponent: Uint8Array.from(exponent) }));
    expect([withExponent(), withExponent(1), withExponent(2), withExponent(3)]).toEqual([
      false,
      false,
      false,
      true,
    ]);
    const long = (length: number): boolean => withExponent(...Array.from({ length }, () => 0xff));
    expect([long(RSA_EXPONENT_BYTES_MAX), long(RSA_EXPONENT_BYTES_MAX + 1)]).toEqual([true, false]);
  });

  it('of a curve are uncompressed points on it', () => {
    for (const { key } of pairs.slice(0, 3)) {
      if (key.kind !== 'ecdsa') throw new Error('expected a point');
      const { curve, point } = key;
      const compressed = Uint8Array.of(2, ...point.subarray(1, 1 + COORDINATE_BYTES[curve]));
      expect(isAcceptedKey({ ...key, point: compressed })).toBe(false);
      expect(isAcceptedKey({ ...key, point: Uint8Array.of(6, ...point.subarray(1)) })).toBe(false);
      const beside = { ...key, point: flipped(point, point.length - 1, 0) };
      expect(implementations.map((each) => each.importKey(beside))).toEqual([undefined, undefined]);
      expect(createPkiVerifier(beside)).toBeUndefined();
    }
  });
});
