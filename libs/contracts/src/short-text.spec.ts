import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { shortText } from './short-text.js';

describe('a text that is cut', () => {
  it('keeps what is no longer than the limit and cuts one unit more', () => {
    expect(shortText('abcd', 4)).toBe('abcd');
    expect(shortText('abcde', 4)).toBe('abcd');
  });

  it('does not end in half a character', () => {
    expect(shortText('ab😀', 3)).toBe('ab\ufffd');
    expect(shortText('ab😀', 4)).toBe('ab😀');
  });

  it('is well-formed and within the limit whatever it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.nat({ max: 20 }), (text, max) => {
        const short = shortText(text, max);
        expect(short.isWellFormed()).toBe(true);
        expect(short.length).toBeLessThanOrEqual(max);
        if (text.isWellFormed() && text.length <= max) expect(short).toBe(text);
      }),
    );
  });
});
