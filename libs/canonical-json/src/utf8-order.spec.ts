import { describe, expect, it } from '@jest/globals';
import { compareUtf8 } from './utf8-order.js';

const texts = [
  '',
  'a',
  'ab',
  'b',
  'é',
  '\u07ff',
  '\u0800',
  '\ud7ff',
  '\ue000',
  '\uff5e',
  '\u{10000}',
  '\u{1f600}',
  'a\u{1f600}',
  'a\uff5e',
  '\u{10ffff}',
];

describe('the order of UTF-8 bytes', () => {
  it('is that of the encoded texts, for every pair', () => {
    for (const left of texts) {
      for (const right of texts) {
        const bytes = Buffer.compare(Buffer.from(left), Buffer.from(right));
        expect({ left, right, order: Math.sign(compareUtf8(left, right)) }).toEqual({
          left,
          right,
          order: bytes,
        });
      }
    }
  });
});
