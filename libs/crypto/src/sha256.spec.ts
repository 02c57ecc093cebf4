import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import * as node from './sha256.node.js';
import * as portable from './sha256.portable.js';

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
