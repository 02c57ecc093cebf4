import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { jsonText } from './json-text.js';

describe('jsonText', () => {
  it('writes what JSON.stringify writes, but for −0, and reads back as what it was', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const written = JSON.stringify(value, null, 2);
        expect(jsonText(JSON.parse(written))).toBe(written);
        expect(JSON.parse(jsonText(value))).toStrictEqual(value);
      }),
    );
  });

  it.each([
    ['-0', -0],
    ['[\n  -0,\n  0\n]', [-0, 0]],
    ['{\n  "a": {\n    "b": -0\n  },\n  "c": []\n}', { a: { b: -0 }, c: [] }],
    ['1.7976931348623157e+308', Number.MAX_VALUE],
  ])('writes %j', (text, value) => {
    expect(jsonText(value)).toBe(text);
  });
});
