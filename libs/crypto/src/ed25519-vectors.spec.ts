import { describe, expect, it } from '@jest/globals';
import { readVectors, vectorsPresent } from '@touchstone/testing';
import { ed25519 as openssl } from './ed25519.node.js';
import { ed25519 as noble } from './ed25519.portable.js';
import { isCanonicalPoint } from './ed25519-encoding.js';
import { checkEd25519PublicKey } from './ed25519-key.js';
import { createEd25519, type Ed25519Verification } from './ed25519-rule.js';

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));
const rules = [createEd25519(openssl), createEd25519(noble)] as const;

interface Signed {
  readonly key: Uint8Array;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
}

/** The one verdict of both implementations; fails when they differ. */
function verdict({ key, message, signature }: Signed): Ed25519Verification {
  const [first, second] = rules.map((rule) => rule.verify(message, signature, key));
  expect(second).toBe(first);
  return first ?? 'bad-key';
}

const describeVectors = vectorsPresent ? describe : describe.skip;

describeVectors('Ed25519 vectors with OpenSSL and noble', () => {
  it('judges all 914 CCTV edge cases by the rule, in both implementations alike', () => {
    const cases = readVectors<{ key: string; sig: string; msg: string; flags: string[] | null }[]>(
      'cctv/ed25519/ed25519vectors.json',
    );
    expect(cases).toHaveLength(914);
    const seen = { ok: 0, 'bad-key': 0, 'bad-signature': 0 };
    for (const { key, sig, msg, flags } of cases) {
      const has = (...names: string[]): boolean => names.some((name) => flags?.includes(name));
      const found = verdict({
        key: bytes(key),
        signature: bytes(sig),
        message: new TextEncoder().encode(msg),
      });
      const refusedKey = has('low_order_A', 'low_order_component_A', 'non_canonical_A');
      const refusedSignature = has('low_order_component_R', 'non_canonical_R', 'low_order_residue');
      expect(found).toBe(refusedKey ? 'bad-key' : refusedSignature ? 'bad-signature' : 'ok');
      seen[found] += 1;
    }
    expect(seen).toEqual({ ok: 2, 'bad-key': 886, 'bad-signature': 26 });
  });

  it('agrees without the checks above the implementations on every CCTV case whose key may be registered', () => {
    const cases = readVectors<{ key: string; sig: string; msg: string }[]>(
      'cctv/ed25519/ed25519vectors.json',
    ).filter(({ key }) => checkEd25519PublicKey(bytes(key)) === 'ok');
    expect(cases).not.toHaveLength(0);
    for (const { key, sig, msg } of cases) {
      const [first, second] = [openssl, noble].map((curve) =>
        curve.importPublicKey(bytes(key))(new TextEncoder().encode(msg), bytes(sig)),
      );
      expect(second).toBe(first);
    }
  });

  it('judges all 151 cases of Wycheproof as they say', () => {
    const { testGroups } = readVectors<{
      testGroups: {
        publicKey: { pk: string };
        tests: { tcId: number; msg: string; sig: string; result: string }[];
      }[];
    }>('wycheproof/testvectors_v1/ed25519_test.json');
    const wrong = testGroups.flatMap(({ publicKey, tests }) =>
      tests.filter(({ msg, sig, result }) => {
        const signed = { key: bytes(publicKey.pk), message: bytes(msg), signature: bytes(sig) };
        return (verdict(signed) === 'ok') !== (result === 'valid');
      }),
    );
    expect(testGroups.flatMap(({ tests }) => tests)).toHaveLength(151);
    expect(wrong).toEqual([]);
  });

  it('refuses every one of the 196 ZIP 215 cases for its key, which is of small order', () => {
    const cases = readVectors<{ vk_bytes: string; sig_bytes: string }[]>(
      'noble-curves/test/vectors/ed25519/zip215.json',
    );
    expect(cases).toHaveLength(196);
    for (const { vk_bytes, sig_bytes } of cases) {
      const key = bytes(vk_bytes);
      const message = new TextEncoder().encode('Zcash');
      expect(verdict({ key, signature: bytes(sig_bytes), message })).toBe('bad-key');
      expect(checkEd25519PublicKey(key)).toBe(isCanonicalPoint(key) ? 'small-order' : 'not-canonical');
    }
  });

  it('refuses all 12 edge cases of "Taming the many EdDSAs": ten for the key, two for S out of range', () => {
    const cases = readVectors<{ message: string; pub_key: string; signature: string }[]>(
      'noble-curves/test/vectors/ed25519/edge-cases.json',
    );
    expect(cases).toHaveLength(12);
    const verdicts = cases.map(({ message, pub_key, signature }) =>
      verdict({ key: bytes(pub_key), message: bytes(message), signature: bytes(signature) }),
    );
    expect(verdicts.flatMap((found, index) => (found === 'bad-signature' ? [index] : []))).toEqual([6, 7]);
    expect(verdicts).not.toContain('ok');
  });
});
