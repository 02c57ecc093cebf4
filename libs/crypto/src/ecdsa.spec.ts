import { describe, expect, it } from '@jest/globals';
import { AppError } from '@touchstone/contracts';
import fc from 'fast-check';
import { createEcdsa, ECDSA_KEY_CACHE_MAX } from './ecdsa-rule.js';
import {
  bytesToHex,
  createEcdsaSigner,
  createEcdsaVerifier,
  ecdsaImplementation,
  ecdsaPublicKey,
  ecdsaSign,
  ecdsaVerify,
  hexToBytes,
  isEcdsaPublicKey,
  normalizeLowS,
} from './index.js';
import { loadSecp256k1, secp256k1 as native } from './secp256k1.node.js';
import { secp256k1 as portable } from './secp256k1.portable.js';

const ORDER = 'fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141';
const HALF_ORDER = '7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0';
const hex = (text: string): Uint8Array => hexToBytes(text) ?? new Uint8Array();
const digests = fc.uint8Array({ minLength: 32, maxLength: 32 });
const privateKeys = digests.filter((key) => native.isPrivateKey(key));
const key = new Uint8Array(32).fill(7);
const digest = new Uint8Array(32).fill(9);

function flip(bytes: Uint8Array, bit: number): Uint8Array {
  const changed = Uint8Array.from(bytes);
  changed[bit >> 3] = Number(changed[bit >> 3]) ^ (1 << (bit & 7));
  return changed;
}

describe('ECDSA (R-SIGN)', () => {
  const nativeRule = createEcdsa(native);
  const portableRule = createEcdsa(portable);

  it('runs libsecp256k1 here', () => {
    expect(ecdsaImplementation).toBe('libsecp256k1');
    expect(portable.implementation).toBe('noble');
  });

  it('signs and verifies the same in both implementations', () => {
    fc.assert(
      fc.property(digests, privateKeys, (message, privateKey) => {
        const signer = nativeRule.signer(privateKey);
        const other = portableRule.signer(privateKey);
        const signature = signer.sign(message);
        expect(other.publicKey).toEqual(signer.publicKey);
        expect(other.sign(message)).toEqual(signature);
        expect(portableRule.verify(message, signature, signer.publicKey)).toBe('ok');
        expect(normalizeLowS(signature)).toEqual(signature);
      }),
      { numRuns: 30 },
    );
  });

  it.each([
    ['zero', '00'.repeat(32)],
    ['n', ORDER],
    ['n + 1', `${ORDER.slice(0, -2)}42`],
    ['2^256 − 1', 'ff'.repeat(32)],
  ])('derives the nonce of RFC 6979 for the digest %s', (_name, text) => {
    expect(nativeRule.signer(key).sign(hex(text))).toEqual(portableRule.signer(key).sign(hex(text)));
  });

  it('refuses every signature, digest and key with one flipped bit', () => {
    const { publicKey, sign } = createEcdsaSigner(key);
    const signature = sign(digest);
    for (let bit = 0; bit < 512; bit += 1) {
      expect(ecdsaVerify(digest, flip(signature, bit), publicKey)).not.toBe('ok');
    }
    for (let bit = 0; bit < 256; bit += 1) {
      expect(ecdsaVerify(flip(digest, bit), signature, publicKey)).toBe('bad-signature');
    }
    for (let bit = 0; bit < 264; bit += 1) {
      expect(ecdsaVerify(digest, signature, flip(publicKey, bit))).toBe('bad-signature');
    }
  });

  it('names the high twin of a signature, and normalises it back', () => {
    const signature = ecdsaSign(digest, key);
    const s = BigInt(`0x${bytesToHex(signature.subarray(32))}`);
    const high = hex(
      bytesToHex(signature.subarray(0, 32)) + (BigInt(`0x${ORDER}`) - s).toString(16).padStart(64, '0'),
    );
    for (const rule of [nativeRule, portableRule]) {
      expect(rule.verify(digest, high, ecdsaPublicKey(key))).toBe('high-s');
    }
    expect(normalizeLowS(high)).toEqual(signature);
  });

  it.each([
    ['r = 0', '00'.repeat(32) + '01'.repeat(32)],
    ['s = 0', '01'.repeat(32) + '00'.repeat(32)],
    ['r = n', ORDER + '01'.repeat(32)],
    ['s = n', '01'.repeat(32) + ORDER],
    ['63 bytes', '01'.repeat(63)],
    ['65 bytes', '01'.repeat(65)],
    ['nothing', ''],
  ])('refuses a signature with %s and does not normalise it', (_name, text) => {
    for (const rule of [nativeRule, portableRule]) {
      expect(rule.verify(digest, hex(text), ecdsaPublicKey(key))).toBe('bad-signature');
    }
    expect(normalizeLowS(hex(text))).toBeUndefined();
  });

  it('draws the line of low-S at (n − 1) / 2', () => {
    const at = hex('01'.repeat(32) + HALF_ORDER);
    const above = hex('01'.repeat(32) + HALF_ORDER.slice(0, -1) + '1');
    expect(ecdsaVerify(digest, at, ecdsaPublicKey(key))).toBe('bad-signature');
    expect(ecdsaVerify(digest, above, ecdsaPublicKey(key))).toBe('high-s');
    expect(normalizeLowS(above)).toEqual(at);
  });

  it.each([
    ['the point at infinity', '00'],
    ['an x that is on no point', `02${'00'.repeat(31)}05`],
    ['an x beyond the field', `02${'ff'.repeat(32)}`],
    ['an uncompressed point', `04${'01'.repeat(64)}`],
    ['an x without a prefix', '01'.repeat(32)],
    ['a hybrid prefix', `06${'01'.repeat(32)}`],
    ['nothing', ''],
  ])('takes %s for no public key', (_name, text) => {
    expect(isEcdsaPublicKey(hex(text))).toBe(false);
    expect(portableRule.isPublicKey(hex(text))).toBe(false);
    expect(ecdsaVerify(digest, ecdsaSign(digest, key), hex(text))).toBe('bad-signature');
  });

  it.each(['00'.repeat(32), ORDER, 'ff'.repeat(32), '01'.repeat(31), '01'.repeat(33)])(
    'refuses the private key %s without showing it',
    (text) => {
      for (const rule of [nativeRule, portableRule]) {
        expect(() => rule.signer(hex(text))).toThrow(/^The private key is not a secp256k1 scalar/);
        expect(() => rule.publicKey(hex(text))).toThrow(RangeError);
      }
    },
  );

  it.each([31, 33])('takes a digest of %i bytes for a mistake of the caller', (length) => {
    expect(() => ecdsaSign(new Uint8Array(length), key)).toThrow(RangeError);
    expect(() => ecdsaVerify(new Uint8Array(length), new Uint8Array(64), ecdsaPublicKey(key))).toThrow(
      RangeError,
    );
  });

  it('releases no signature that a fault spoiled', () => {
    const faulty = createEcdsa({ ...native, sign: (...input) => flip(native.sign(...input), 300) });
    expect(() => faulty.signer(key).sign(digest)).toThrow(AppError);
  });

  it('imports a key once, and again after as many others as it holds', () => {
    const imported: string[] = [];
    const rule = createEcdsa({
      ...native,
      importPublicKey: (publicKey) => {
        imported.push(bytesToHex(publicKey));
        return native.importPublicKey(publicKey);
      },
    });
    const keys = Array.from({ length: ECDSA_KEY_CACHE_MAX }, (_, index) => {
      const privateKey = new Uint8Array(32).fill(1);
      new DataView(privateKey.buffer).setUint32(0, index);
      return ecdsaPublicKey(privateKey);
    });
    const publicKey = ecdsaPublicKey(key);
    const signature = ecdsaSign(digest, key);
    const uses = (): number => imported.filter((name) => name === bytesToHex(publicKey)).length;
    const verify = (candidate: Uint8Array) => rule.verify(digest, signature, candidate);
    expect(verify(publicKey)).toBe('ok');
    keys.slice(1).forEach(verify);
    expect(verify(publicKey)).toBe('ok');
    expect(uses()).toBe(1);
    keys.forEach(verify);
    expect(verify(publicKey)).toBe('ok');
    expect(uses()).toBe(2);
  });

  it('verifies many signatures with a key that it imports once, without looking for it again', () => {
    let asked = 0;
    const rule = createEcdsa({
      ...native,
      importPublicKey: (publicKey) => {
        asked += 1;
        return native.importPublicKey(publicKey);
      },
    });
    const verify = rule.verifier(ecdsaPublicKey(key));
    expect(asked).toBe(0);
    for (let byte = 0; byte < 8; byte += 1) {
      const message = new Uint8Array(32).fill(byte);
      expect(verify(message, ecdsaSign(message, key))).toBe('ok');
      expect(verify(digest, ecdsaSign(message, key))).toBe('bad-signature');
    }
    for (let index = 0; index < ECDSA_KEY_CACHE_MAX; index += 1) {
      const privateKey = new Uint8Array(32).fill(1);
      new DataView(privateKey.buffer).setUint32(0, index);
      rule.isPublicKey(ecdsaPublicKey(privateKey));
    }
    expect(verify(digest, ecdsaSign(digest, key))).toBe('ok');
    expect(asked).toBe(1 + ECDSA_KEY_CACHE_MAX);
  });

  it.each([
    ['a key of another length', new Uint8Array(32)],
    ['a key that is no point', new Uint8Array(33)],
  ])('has a verifier for %s, which accepts nothing', (_name, publicKey) => {
    const verify = createEcdsaVerifier(publicKey);
    expect(verify(digest, ecdsaSign(digest, key))).toBe('bad-signature');
    expect(verify(digest, ecdsaSign(digest, key))).toBe('bad-signature');
    expect(() => verify(new Uint8Array(31), ecdsaSign(digest, key))).toThrow(RangeError);
  });

  it('does not keep refused keys', () => {
    let asked = 0;
    const rule = createEcdsa({
      ...native,
      importPublicKey: () => {
        asked += 1;
        return undefined;
      },
    });
    const signature = ecdsaSign(digest, key);
    expect(rule.verify(digest, signature, ecdsaPublicKey(key))).toBe('bad-signature');
    expect(rule.verify(digest, signature, ecdsaPublicKey(key))).toBe('bad-signature');
    expect(asked).toBe(2);
  });

  it('falls back to noble, never to elliptic, where there is no native binary', () => {
    const loaded = loadSecp256k1(() => {
      throw new Error('No native build was found');
    });
    expect(loaded).toBe(portable);
  });
});
