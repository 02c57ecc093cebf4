import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { base64ToBytes, bytesToBase64 } from './base64.js';

describe('base64', () => {
  it('round-trips any bytes and agrees with Node', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const text = bytesToBase64(bytes);
        expect(text).toBe(Buffer.from(bytes).toString('base64'));
        expect(base64ToBytes(text)).toEqual(bytes);
      }),
    );
  });

  it('writes more bytes than one argument list holds', () => {
    expect(base64ToBytes(bytesToBase64(new Uint8Array(200_000).fill(7)))?.length).toBe(200_000);
  });

  it('has exactly one spelling for every value', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('A', 'B', 'Q', '8', '/', '='), maxLength: 8 }),
        (text) => {
          const bytes = base64ToBytes(text);
          if (bytes) expect(bytesToBase64(bytes)).toBe(text);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ...['A', 'AA', 'AAA', 'AB==', 'AAB=', 'AA=A', 'A===', 'AA-_', ' AAAA', 'AAAA\n', 'AA=='.repeat(2)],
    ...['AAAé', '\uff21AAA'],
  ])('refuses %j', (text) => {
    expect(base64ToBytes(text)).toBeUndefined();
  });
});
