import { Point, utils } from '@noble/ed25519';
import { sha512 } from '@noble/hashes/sha2.js';
import { describe, expect, it } from '@jest/globals';
import { AppError } from '@touchstone/contracts';
import fc from 'fast-check';
import { createEd25519 } from './ed25519-rule.js';
import { ed25519 as openssl } from './ed25519.node.js';
import { ed25519 as nobleEd25519 } from './ed25519.portable.js';
import {
  bytesToHex,
  createEd25519Signer,
  createEd25519Verifier,
  ed25519PublicKey,
  ed25519Sign,
  ed25519Verify,
  hexToBytes,
} from './index.js';

const hex = (text: string): Uint8Array => hexToBytes(text) ?? new Uint8Array();
const seeds = fc.uint8Array({ minLength: 32, maxLength: 32 });
const key = new Uint8Array(32).fill(7);
const digest = new Uint8Array(32).fill(9);

function littleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${bytesToHex(Uint8Array.from(bytes).reverse())}`);
}

function flip(bytes: Uint8Array, bit: number): Uint8Array {
  const changed = Uint8Array.from(bytes);
  changed[bit >> 3] = Number(changed[bit >> 3]) ^ (1 << (bit & 7));
  return changed;
}

describe('Ed25519 (R-BATCH)', () => {
  const rules = [createEd25519(openssl), createEd25519(nobleEd25519)] as const;

  it('signs and verifies the same in both implementations', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), seeds, (message, seed) => {
        const [first, second] = rules.map((rule) => rule.signer(seed));
        const signature = ed25519Sign(message, seed);
        expect(first?.sign(message)).toEqual(signature);
        expect(second?.sign(message)).toEqual(signature);
        expect(second?.publicKey).toEqual(ed25519PublicKey(seed));
        expect(ed25519Verify(message, signature, ed25519PublicKey(seed))).toBe('ok');
      }),
      { numRuns: 20 },
    );
  });

  it('refuses every signature, message and key with one flipped bit', () => {
    const { publicKey, sign } = createEd25519Signer(key);
    const signature = sign(digest);
    for (let bit = 0; bit < 512; bit += 1) {
      expect(ed25519Verify(digest, flip(signature, bit), publicKey)).toBe('bad-signature');
    }
    for (let bit = 0; bit < 256; bit += 1) {
      expect(ed25519Verify(flip(digest, bit), signature, publicKey)).toBe('bad-signature');
      expect(ed25519Verify(digest, signature, flip(publicKey, bit))).not.toBe('ok');
    }
  });

  it('verifies many signatures with a key that it imports once', () => {
    let asked = 0;
    const rule = createEd25519({
      ...openssl,
      importPublicKey: (publicKey) => {
        asked += 1;
        return openssl.importPublicKey(publicKey);
      },
    });
    const verify = rule.verifier(ed25519PublicKey(key));
    expect(asked).toBe(0);
    for (let byte = 0; byte < 8; byte += 1) {
      const message = Uint8Array.of(byte);
      expect(verify(message, ed25519Sign(message, key))).toBe('ok');
      expect(verify(digest, ed25519Sign(message, key))).toBe('bad-signature');
    }
    expect(asked).toBe(1);
  });

  it('has a verifier for a key that may not be registered, which accepts nothing', () => {
    for (const publicKey of [new Uint8Array(32), new Uint8Array(31)]) {
      const verify = createEd25519Verifier(publicKey);
      expect(verify(digest, ed25519Sign(digest, key))).toBe('bad-key');
      expect(verify(digest, ed25519Sign(digest, key))).toBe('bad-key');
    }
  });

  it('accepts the identity as R, which has no torsion, in both implementations', () => {
    const identity = Uint8Array.of(1, ...new Uint8Array(31));
    const { scalar, pointBytes } = utils.getExtendedPublicKey(key);
    const challenge = littleEndian(sha512(Uint8Array.of(...identity, ...pointBytes, ...digest)));
    const s = hex(((challenge * scalar) % Point.CURVE().n).toString(16).padStart(64, '0')).reverse();
    const signature = Uint8Array.of(...identity, ...s);
    const withSign = Uint8Array.from(signature).fill(0x80, 31, 32);
    for (const rule of rules) {
      expect(rule.verify(digest, signature, pointBytes)).toBe('ok');
      expect(rule.verify(digest, withSign, pointBytes)).toBe('bad-signature');
    }
  });

  it('refuses S + L, the second encoding of S', () => {
    const signature = ed25519Sign(digest, key);
    const s = littleEndian(signature.subarray(32)) + Point.CURVE().n;
    const second = Uint8Array.of(
      ...signature.subarray(0, 32),
      ...hex(s.toString(16).padStart(64, '0')).reverse(),
    );
    for (const rule of rules)
      expect(rule.verify(digest, second, ed25519PublicKey(key))).toBe('bad-signature');
  });

  it.each([31, 33])('refuses a seed of %i bytes', (length) => {
    expect(() => ed25519Sign(digest, new Uint8Array(length))).toThrow(RangeError);
  });

  it.each([0, 63, 65])('refuses a signature of %i bytes', (length) => {
    expect(ed25519Verify(digest, new Uint8Array(length), ed25519PublicKey(key))).toBe('bad-signature');
  });

  it('keeps signing after the caller erased the seed', () => {
    for (const rule of rules) {
      const seed = Uint8Array.from(key);
      const signer = rule.signer(seed);
      seed.fill(0);
      expect(signer.sign(digest)).toEqual(ed25519Sign(digest, key));
    }
  });

  it('releases no signature that a fault spoiled', () => {
    const faulty = createEd25519({
      ...openssl,
      importSeed: (seed) => {
        const signer = openssl.importSeed(seed);
        return { ...signer, sign: (message) => flip(signer.sign(message), 3) };
      },
    });
    expect(() => faulty.signer(key).sign(digest)).toThrow(AppError);
  });
});
