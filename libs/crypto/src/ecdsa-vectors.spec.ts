import { describe, expect, it } from '@jest/globals';
import { readVectors, vectorsPresent } from '@touchstone/testing';
import { decodeDer } from './der.js';
import { createEcdsa } from './ecdsa-rule.js';
import { normalizeLowS } from './ecdsa-scalars.js';
import { bytesToHex, hexToBytes } from './hex.js';
import { secp256k1 as native } from './secp256k1.node.js';
import { secp256k1 as portable } from './secp256k1.portable.js';
import { sha256 } from '#sha256';

const HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n;

interface Wycheproof {
  readonly testGroups: readonly {
    readonly publicKey: { readonly uncompressed: string };
    readonly tests: readonly {
      readonly tcId: number;
      readonly msg: string;
      readonly sig: string;
      readonly result: 'valid' | 'invalid';
    }[];
  }[];
}

interface Case {
  readonly tcId: number;
  readonly digest: Uint8Array;
  readonly sig: string;
  readonly valid: boolean;
  readonly publicKey: Uint8Array;
}

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));

function wycheproof(file: string): Case[] {
  const vectors = readVectors<Wycheproof>(`wycheproof/testvectors_v1/${file}`);
  return vectors.testGroups.flatMap(({ publicKey, tests }) => {
    const point = bytes(publicKey.uncompressed);
    const compressed = Uint8Array.of(2 + ((point[64] ?? 0) & 1), ...point.subarray(1, 33));
    return tests.map(({ tcId, msg, sig, result }) => ({
      tcId,
      digest: sha256(bytes(msg)),
      sig,
      valid: result === 'valid',
      publicKey: compressed,
    }));
  });
}

function isHigh(compact: Uint8Array): boolean {
  return BigInt(`0x${bytesToHex(compact.subarray(32))}`) > HALF_ORDER;
}

const describeVectors = vectorsPresent ? describe : describe.skip;

describeVectors.each([
  ['libsecp256k1', createEcdsa(native)],
  ['noble', createEcdsa(portable)],
])('ECDSA vectors with %s', (_name, ecdsa) => {
  it('judges all 463 Bitcoin cases of Wycheproof (strict DER, low-S) as they say', () => {
    const cases = wycheproof('ecdsa_secp256k1_sha256_bitcoin_test.json');
    expect(cases).toHaveLength(463);
    const wrong = cases.filter(({ digest, sig, valid, publicKey }) => {
      const compact = decodeDer(bytes(sig));
      return (compact !== undefined && ecdsa.verify(digest, compact, publicKey) === 'ok') !== valid;
    });
    expect(wrong).toEqual([]);
  });

  it('judges all 252 P1363 cases: valid ones with a high s are refused by name and verify once normalised', () => {
    const cases = wycheproof('ecdsa_secp256k1_sha256_p1363_test.json');
    expect(cases).toHaveLength(252);
    const seen = { ok: 0, highS: 0, bad: 0 };
    for (const { digest, sig, valid, publicKey } of cases) {
      const compact = bytes(sig);
      const found = ecdsa.verify(digest, compact, publicKey);
      if (!valid) {
        expect(found).not.toBe('ok');
        seen.bad += 1;
      } else if (isHigh(compact)) {
        expect(found).toBe('high-s');
        expect(ecdsa.verify(digest, normalizeLowS(compact) ?? new Uint8Array(), publicKey)).toBe('ok');
        seen.highS += 1;
      } else {
        expect(found).toBe('ok');
        seen.ok += 1;
      }
    }
    expect(seen).toEqual({ ok: 95, highS: 72, bad: 85 });
  });

  it('judges all 476 DER cases: exactly the valid ones decode and verify, those with a high s once normalised', () => {
    const cases = wycheproof('ecdsa_secp256k1_sha256_test.json');
    expect(cases).toHaveLength(476);
    const seen = { ok: 0, highS: 0, undecodable: 0, bad: 0 };
    for (const { digest, sig, valid, publicKey } of cases) {
      const compact = decodeDer(bytes(sig));
      const found = compact && ecdsa.verify(digest, compact, publicKey);
      const normalized = compact && normalizeLowS(compact);
      expect(normalized !== undefined && ecdsa.verify(digest, normalized, publicKey) === 'ok').toBe(valid);
      if (!compact) seen.undecodable += 1;
      else if (!valid) seen.bad += 1;
      else if (found === 'high-s') seen.highS += 1;
      else if (found === 'ok') seen.ok += 1;
      expect(found === 'high-s' && valid).toBe(valid && compact !== undefined && isHigh(compact));
    }
    expect(seen).toEqual({ ok: 96, highS: 72, undecodable: 234, bad: 74 });
  });

  it('signs with the nonces k of RFC 6979: r is the x coordinate of k·G', () => {
    const cases = readVectors<{ message: string; d: string; k0: string }[]>(
      'noble-curves/test/vectors/secp256k1/rfc6979.json',
    );
    expect(cases).toHaveLength(10);
    for (const { message, d, k0 } of cases) {
      const signature = ecdsa.signer(bytes(d)).sign(sha256(new TextEncoder().encode(message)));
      const point = ecdsa.publicKey(bytes(k0));
      expect(bytesToHex(signature.subarray(0, 32))).toBe(bytesToHex(point.subarray(1)));
    }
  });

  it('refuses to sign the invalid cases of noble-curves and verifies none of them', () => {
    const { invalid } = readVectors<{
      invalid: {
        sign: { d: string; m: string }[];
        verify: { Q: string; m: string; signature: string }[];
      };
    }>('noble-curves/test/vectors/secp256k1/ecdsa.json');
    expect([invalid.sign.length, invalid.verify.length]).toEqual([4, 25]);
    for (const { d, m } of invalid.sign) {
      expect(() => ecdsa.signer(bytes(d)).sign(bytes(m))).toThrow(RangeError);
    }
    for (const { Q, m, signature } of invalid.verify) {
      const digest = hexToBytes(m, 32);
      if (digest) expect(ecdsa.verify(digest, bytes(signature), bytes(Q))).not.toBe('ok');
    }
  });
});
