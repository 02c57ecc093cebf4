import { describe, expect, it } from '@jest/globals';
import { BodyParts } from './body-parts.js';

const MIB = 1_048_576;

function partsOf(total: number, chunk: number, sizeKnown?: number) {
  const body = new BodyParts(sizeKnown);
  const sent = Buffer.alloc(total, 0).map((_, index) => index % 251);
  for (let at = 0; at < total; at += chunk) body.push(sent.subarray(at, at + chunk));
  return { sent, parts: body.end(), size: body.size };
}

describe('BodyParts', () => {
  it.each([
    ['nothing', 0, 65_536],
    ['one chunk', 100, 65_536],
    ['what stays in chunks', 131_072, 65_536],
    ['one byte more', 131_073, 65_536],
    ['exactly one piece', MIB, 65_536],
    ['pieces and a rest', 3 * MIB + 7, 65_521],
    ['chunks larger than a piece', 5 * MIB, 2 * MIB + 1],
  ])('gives back the bytes of %s, announced or not', (_what, total, chunk) => {
    for (const sizeKnown of [undefined, total]) {
      const { sent, parts, size } = partsOf(total, chunk, sizeKnown);
      expect(size).toBe(total);
      expect(Buffer.concat(parts).equals(sent)).toBe(true);
    }
  });

  it('has pieces with memory of their own where the size is known, which can be handed over', () => {
    const { parts } = partsOf(3 * MIB + 7, 65_536, 3 * MIB + 7);
    expect(parts.map(({ byteLength, buffer }) => byteLength === buffer.byteLength)).toEqual([
      true,
      true,
      true,
      true,
    ]);
  });
});
