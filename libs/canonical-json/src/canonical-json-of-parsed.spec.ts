import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { canonicalJson, canonicalJsonOfParsed, parseStrictJson, type JsonValue } from './index.js';

function parsed(text: string): JsonValue {
  const result = parseStrictJson(text, { maxBytes: 10_000_000 });
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

/** Names whose order is not that of writing, or that an object treats in a way of its own. */
const name = fc.constantFrom('b', 'a', 'B', '10', '9', '', '"', '\\', 'é', '😀', '～', '__proto__', 'toJSON');
const document = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom('0', '-0', '1.0', '1e2', '1e-7', '0.1', '1E3', 'null', 'true', 'false'),
    fc.string({ unit: 'grapheme' }).map((text) => JSON.stringify(text)),
    fc.array(tie('value'), { maxLength: 3 }).map((items) => `[${items.join()}]`),
    fc
      .uniqueArray(fc.tuple(name, tie('value')), { maxLength: 5, selector: ([key]) => key })
      .map((members) => `{${members.map(([key, value]) => `${JSON.stringify(key)}: ${value}`).join()}}`),
  ),
})).value;

describe('canonicalJsonOfParsed', () => {
  it('writes what canonicalJson writes, in whatever order the members were read', () => {
    fc.assert(
      fc.property(document, (text) => {
        const value = parsed(text);
        expect(canonicalJsonOfParsed(value)).toBe(canonicalJson(value));
      }),
      { numRuns: 5_000 },
    );
  });

  it.each([
    ['{"a":1,"b":2}', '{"a":1,"b":2}'],
    ['{"b":1,"a":2}', '{"a":2,"b":1}'],
    ['[{"a":{"d":1,"c":2}}]', '[{"a":{"c":2,"d":1}}]'],
    ['{"":1,"10":2,"9":3}', '{"":1,"10":2,"9":3}'],
    ['{"～":1,"😀":2}', '{"😀":2,"～":1}'],
    ['{"__proto__":1,"toJSON":2}', '{"__proto__":1,"toJSON":2}'],
    ['"\\u001f€"', '"\\u001f€"'],
    ['1.50', '1.5'],
  ])('writes %s as %s', (text, canonical) => {
    expect(canonicalJsonOfParsed(parsed(text))).toBe(canonical);
  });
});
