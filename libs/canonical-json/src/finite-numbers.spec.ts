import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { limits, refused } from '../test/strict-json-outcome.js';
import { canonicalJson, parseStrictJson } from './index.js';
import { readNatively } from './read-natively.js';
import { StrictJsonReader } from './strict-json-reader.js';

const read = (text: string) => parseStrictJson(text, { ...limits, numbers: 'finite' });

/** A member name with an escape, so that the reader and not the platform reads the text. */
const ESCAPED = '\\u0061';

describe('parseStrictJson of any finite number', () => {
  it.each([
    ['1e16', 1e16],
    ['9007199254740992', 2 ** 53],
    ['9007199254740993', 2 ** 53],
    ['-123456789012345678', -123456789012345680],
    ['3.4028234663852886e38', 3.4028234663852886e38],
    ['1.7976931348623157e308', Number.MAX_VALUE],
    ['-1.7976931348623157E+308', -Number.MAX_VALUE],
    ['5e-324', 5e-324],
    ['1e-400', 0],
    ['-0', -0],
    ['-0.0', -0],
    ['-0e5', -0],
    ['-1e-400', -0],
  ])('reads %s by its binary64 value, by both readers', (text, value) => {
    expect(read(`[${text}]`)).toEqual({ ok: true, value: [value] });
    expect(read(`{"${ESCAPED}":${text}}`)).toEqual({ ok: true, value: { a: value } });
  });

  it.each(['1e400', '-1e309', '1.7976931348623159e308'])('refuses %s, which overflows', (text) => {
    expect(refused(read(`[0,${text}]`))).toBe('number-not-finite /1');
    expect(refused(read(`{"${ESCAPED}":${text}}`))).toBe('number-not-finite /a');
  });

  it.each(['NaN', 'Infinity', '01', '1.', '.5', '+1', '--1'])('refuses %s as ever', (text) => {
    expect(refused(read(text))).toBe('syntax ');
  });

  it('refuses what evidence may not have unless it was asked for it', () => {
    expect(refused(parseStrictJson('[9007199254740992]', limits))).toBe('number-out-of-range /0');
    expect(() => canonicalJson(1e16)).toThrow('beyond');
  });

  it('reads every finite number back from its shortest text, by both readers', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const text = Object.is(value, -0) ? '-0' : JSON.stringify(value);
        expect(readNatively(text, 0, 'finite')).toBe(value);
        expect(new StrictJsonReader(text, 0, 'finite').readDocument()).toBe(value);
      }),
      { numRuns: 5_000 },
    );
  });
});
