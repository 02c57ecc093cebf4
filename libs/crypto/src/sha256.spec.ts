import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import * as node from './sha256.node.js';
import * as portable from './sha256.portable.js';

// Examples of FIPS 180-4 (NIST, SHA-256): one block, and two.
const published = [
  ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
  [
    'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq',
    '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
  ],
] as const;

describe.each([
  ['OpenSSL', node],
  ['noble', portable],
])('sha256 by %s', (_, { sha256, sha256Text, sha256TextHex }) => {
  it.each(published)('hashes %j as FIPS 180-4 says', (text, digest) => {
    expect(Buffer.from(sha256(new TextEncoder().encode(text))).toString('hex')).toBe(digest);
    expect(Buffer.from(sha256Text(text)).toString('hex')).toBe(digest);
    expect(sha256TextHex(text)).toBe(digest);
  });

  it('hashes half a surrogate pair as U+FFFD', () => {
    const digest = sha256(Uint8Array.of(0x61, 0xef, 0xbf, 0xbd));
    expect(sha256Text('a\ud800')).toEqual(digest);
    expect(sha256TextHex('a\udc00')).toBe(Buffer.from(digest).toString('hex'));
  });
});

describe('sha256', () => {
  it('hashes the same in both implementations', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (data) => {
        expect(portable.sha256(data)).toEqual(node.sha256(data));
      }),
    );
  });

  it('hashes a text as its UTF-8 bytes in both, a lone surrogate as U+FFFD', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 100 }), fc.boolean(), (wellFormed, broken) => {
        const text = broken ? `${wellFormed}\ud800` : wellFormed;
        const digest = node.sha256(new TextEncoder().encode(text));
        for (const { sha256Text, sha256TextHex } of [node, portable]) {
          expect(sha256Text(text)).toEqual(digest);
          expect(sha256TextHex(text)).toBe(Buffer.from(digest).toString('hex'));
        }
      }),
    );
  });
});
