import { describe, expect, it } from '@jest/globals';
import { bytesToHex, sha256 } from '@touchstone/crypto';
import fc from 'fast-check';
import { capabilityHash } from './capability-hash.js';

const hashOfText = (text: string) => bytesToHex(sha256(new TextEncoder().encode(text)));

describe('capabilityHash (R-NODE-2, protocol section 9)', () => {
  it.each([
    [[], '[]'],
    [['b', 'a', 'b', 'ab'], '["a","ab","b"]'],
    [['', 'a'], '["","a"]'],
    [['"', '\\'], '["\\"","\\\\"]'],
  ])('of %p is the hash of %s', (capabilities, text) => {
    expect(capabilityHash(capabilities)).toBe(hashOfText(text));
  });

  it('sorts by UTF-8 bytes, not by UTF-16 code units', () => {
    // U+FF5E stands after U+1F600 in UTF-16 and before it in UTF-8.
    expect(capabilityHash(['\u{1f600}', '\uff5e'])).toBe(hashOfText('["\uff5e","\u{1f600}"]'));
  });

  it('depends on the set alone, not on order or repetition', () => {
    const text = fc.string({ unit: 'grapheme' });
    fc.assert(
      fc.property(fc.array(text), fc.array(fc.nat()), (capabilities, keys) => {
        const shuffled = capabilities
          .map((capability, index) => ({ capability, key: keys[index] ?? 0 }))
          .sort((left, right) => left.key - right.key)
          .map(({ capability }) => capability);
        expect(capabilityHash([...shuffled, ...capabilities])).toBe(capabilityHash(capabilities));
      }),
    );
  });

  it.each([
    [['a'], ['A']],
    [['a'], ['a', 'b']],
    [['ab'], ['a', 'b']],
    [['\u00e9'], ['e\u0301']],
  ])('tells %p from %p', (left, right) => {
    expect(capabilityHash(left)).not.toBe(capabilityHash(right));
  });
});
