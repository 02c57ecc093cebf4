import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { bytesToHex, decodeDer, encodeDer, formatSignature, hexToBytes, parseSignature } from './index.js';

const compacts = fc.uint8Array({ minLength: 64, maxLength: 64 });
const decode = (hex: string): Uint8Array | undefined => decodeDer(hexToBytes(hex) ?? new Uint8Array());
const withScalars = (r: string, s: string): Uint8Array =>
  hexToBytes(r.padStart(64, '0') + s.padStart(64, '0')) ?? new Uint8Array();

describe('strict DER', () => {
  it('round-trips every pair of 32-byte numbers', () => {
    fc.assert(
      fc.property(compacts, fc.nat(31), fc.nat(31), (compact, shortR, shortS) => {
        const padded = compact.fill(0, 0, shortR).fill(0, 32, 32 + shortS);
        expect(decodeDer(encodeDer(padded))).toEqual(padded);
      }),
    );
  });

  it('has one spelling for every value: what decodes encodes to the same bytes', () => {
    const bytes = fc.constantFrom(0, 1, 2, 3, 0x30, 0x7f, 0x80, 0xff);
    const integer = fc.array(bytes, { maxLength: 4 }).map((content) => [2, content.length, ...content]);
    const sequences = fc
      .tuple(integer, integer, fc.array(bytes, { maxLength: 1 }))
      .map((parts) => parts.flat())
      .map((body) => Uint8Array.of(0x30, body.length, ...body));
    fc.assert(
      fc.property(sequences, (der) => {
        const compact = decodeDer(der);
        if (compact) expect(encodeDer(compact)).toEqual(der);
      }),
      { numRuns: 3_000 },
    );
  });

  it.each([
    ['3006020100020100', '0', '0'],
    ['3006020101020102', '1', '2'],
    ['300702020080020101', '80', '1'],
  ])('reads %s', (der, r, s) => {
    expect(decode(der)).toEqual(withScalars(r, s));
    expect(bytesToHex(encodeDer(withScalars(r, s)))).toBe(der);
  });

  it.each([
    ['nothing', ''],
    ['another tag than SEQUENCE', '3106020101020102'],
    ['another tag than INTEGER for r', '3006030101020102'],
    ['another tag than INTEGER for s', '3006020101030102'],
    ['a sequence that ends early', '3005020101020102'],
    ['a sequence that ends late', '3007020101020102'],
    ['bytes behind the sequence', '300602010102010200'],
    ['bytes behind s inside the sequence', '300702010102010200'],
    ['a sequence without s', '3003020101'],
    ['an empty sequence', '3000'],
    ['a tag without a length', '300102'],
    ['a long-form sequence length', '308106020101020102'],
    ['a long-form integer length', '30070281010102010' + '2'],
    ['an indefinite length', '3080020101020102' + '0000'],
    ['an empty r', '30050200020102'],
    ['an empty s', '30050201010200'],
    ['a negative r', '3006020181020102'],
    ['a negative s', '3006020101020181'],
    ['a needless zero before r', '300702020001020102'],
    ['a needless zero before s', '300702010102020002'],
    ['two zeros', '3007020200000201' + '02'],
    ['an r that runs out of the signature', '3006020601020102'],
    ['an r of 33 significant bytes', `3026022101${'00'.repeat(32)}020101`],
    ['an r of 33 bytes after its zero', `302702220081${'00'.repeat(32)}020101`],
    ['a zero and 31 small bytes', `3025022000${'01'.repeat(31)}020101`],
    ['more than 72 bytes', '30'.repeat(73)],
  ])('refuses %s', (_name, der) => {
    expect(decode(der)).toBeUndefined();
  });

  it.each([63, 65])('does not encode %i bytes', (length) => {
    expect(() => encodeDer(new Uint8Array(length))).toThrow(RangeError);
  });
});

describe('signature text (R-SIGN)', () => {
  it.each(['der', 'compact'] as const)('round-trips %s', (format) => {
    fc.assert(
      fc.property(compacts, (compact) => {
        expect(parseSignature(formatSignature(compact, format))).toEqual({ compact, format });
      }),
    );
  });

  it('writes compact where DER would be as long as compact, so that a reader takes it for what it is', () => {
    const compact = withScalars('7f'.repeat(29), '7f'.repeat(29));
    expect(encodeDer(compact)).toHaveLength(64);
    expect(parseSignature(formatSignature(compact, 'der'))).toEqual({ compact, format: 'compact' });
  });

  it.each([
    ['3006020101020102'.toUpperCase() + 'AB', 'not-lower-case-hex'],
    ['0x3006020101020102', 'not-lower-case-hex'],
    ['3006020101020102 ', 'not-lower-case-hex'],
    ['300602010102010', 'not-lower-case-hex'],
    ['', 'not-strict-der'],
    ['00'.repeat(63), 'not-strict-der'],
    ['00'.repeat(65), 'not-strict-der'],
    ['30'.repeat(73), 'not-strict-der'],
  ])('refuses %j', (text, error) => {
    expect(parseSignature(text)).toEqual({ error });
  });
});
