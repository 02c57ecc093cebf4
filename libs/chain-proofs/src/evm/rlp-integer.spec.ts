import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { integerToRlp, rlpToBytes, rlpToInteger } from './rlp-integer.js';

describe('integers in RLP', () => {
  it('reads back every integer it writes', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }), (value) => {
        expect(rlpToInteger(integerToRlp(value), 32)).toBe(value);
      }),
    );
  });

  it('writes zero as the empty string', () => {
    expect(integerToRlp(0n)).toHaveLength(0);
    expect(rlpToInteger(new Uint8Array(), 8)).toBe(0n);
  });

  it.each([
    ['a list', [], 8],
    ['nothing', undefined, 8],
    ['a zero byte', Uint8Array.of(0), 8],
    ['a leading zero', Uint8Array.of(0, 1), 8],
    ['one byte too many', new Uint8Array(9).fill(1), 8],
  ])('refuses %s', (_name, item, bytesMax) => {
    expect(rlpToInteger(item, bytesMax)).toBeUndefined();
  });

  it('reads the widest integer', () => {
    expect(rlpToInteger(new Uint8Array(8).fill(0xff), 8)).toBe(2n ** 64n - 1n);
  });
});

describe('byte strings in RLP', () => {
  it('have exactly the size asked for', () => {
    const item = Uint8Array.of(1, 2);
    expect(rlpToBytes(item, 2)).toBe(item);
    expect(rlpToBytes(item, 3)).toBeUndefined();
    expect(rlpToBytes([item], 1)).toBeUndefined();
    expect(rlpToBytes(undefined, 0)).toBeUndefined();
  });
});
