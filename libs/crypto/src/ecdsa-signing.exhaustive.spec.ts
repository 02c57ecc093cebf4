import { describe, expect, it } from '@jest/globals';
import { readVectors, vectorsPresent } from '@touchstone/testing';
import { createEcdsa } from './ecdsa-rule.js';
import { bytesToHex } from './hex.js';
import { secp256k1 as native } from './secp256k1.node.js';
import { secp256k1 as portable } from './secp256k1.portable.js';

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));
const describeVectors = vectorsPresent ? describe : describe.skip;

describeVectors.each([
  ['libsecp256k1', createEcdsa(native)],
  ['noble', createEcdsa(portable)],
])('ECDSA with %s', (_name, ecdsa) => {
  it('signs the 2019 deterministic cases of noble-curves bit for bit', () => {
    const { valid } = readVectors<{ valid: { d: string; m: string; signature: string }[] }>(
      'noble-curves/test/vectors/secp256k1/ecdsa.json',
    );
    expect(valid).toHaveLength(2019);
    for (const { d, m, signature } of valid) {
      expect(bytesToHex(ecdsa.signer(bytes(d)).sign(bytes(m)))).toBe(signature);
    }
  }, 120_000);
});
