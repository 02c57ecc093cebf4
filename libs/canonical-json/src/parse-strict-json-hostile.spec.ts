import { describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { accepted, limits, refused } from '../test/strict-json-outcome.js';
import { parseStrictJson } from './index.js';

describe('parseStrictJson on hostile text', () => {
  it.each<[string, string]>([
    ['100,000 opening brackets', '['.repeat(100_000)],
    ['100,000 opening objects', '{"a":'.repeat(100_000)],
    ['100,000 nested members of one array', `[${'['.repeat(99_999)}`],
  ])('refuses %s without exhausting the stack', (_name, text) => {
    expect(refused(parseStrictJson(text, limits))).toMatch(/^too-deep /);
  });

  it('does not take a fault of the reader for a fault of the text', () => {
    const parseInt = jest.spyOn(Number, 'parseInt').mockImplementation(() => {
      throw new TypeError('fault');
    });
    expect(() => parseStrictJson('"\\u0041"', limits)).toThrow(TypeError);
    parseInt.mockRestore();
  });

  it('never repeats refused text in its message', () => {
    const result = parseStrictJson('{"password":"hunter2" x}', limits);
    expect(JSON.stringify(result)).not.toContain('hunter2');
  });

  it('reads a long string of escapes and a long number in linear time', () => {
    expect(accepted(`"${'\\n'.repeat(200_000)}"`)).toBe('\n'.repeat(200_000));
    expect(accepted(`0.${'1'.repeat(900_000)}`)).toBe(1 / 9);
  });

  it.each([
    '9007199254740991',
    '9007199254740992',
    '-9007199254740992',
    '1e+21',
    '1e+300',
    '"\\ud800"',
    '"\\\\ud800"',
    '"\\ude00\\ud83d"',
    '{"\\udc00":1}',
    '{"a":1,"a":1}',
    '{"a":{"b":1,"b":1}}',
    '{"2":0,"1":0}',
    '{"__proto__":1,"__proto__":1}',
    '[[[]]]',
    '[[[[]]]]',
    '[[[1]]]',
    '{"a":{"b":{"c":{}}}}',
  ])('says the same of the compact spelling %s and of a loose one', (text) => {
    const shallow = { ...limits, maxDepth: 3 };
    const compact = parseStrictJson(text, shallow);
    const loose = parseStrictJson(`${text} `, shallow);
    expect(refused(compact)).toBe(refused(loose));
    if (compact.ok) expect(compact).toEqual(loose);
  });

  it('says the same of any compact spelling and of a loose one', () => {
    const names = fc.constantFrom('a', 'b', '1', '__proto__', '\\ud800', '\\ud83d\\ude00', '\\u0061');
    const scalars = fc.oneof(
      fc.double().map((number) => JSON.stringify(number)),
      names.map((name) => `"${name}"`),
    );
    const { text: anyText } = fc.letrec<{ text: string }>((tie) => ({
      text: fc.oneof(
        { maxDepth: 4 },
        scalars,
        fc.array(tie('text'), { maxLength: 3 }).map((parts) => `[${parts.join(',')}]`),
        fc
          .array(fc.tuple(names, tie('text')), { maxLength: 3 })
          .map((members) => `{${members.map(([name, value]) => `"${name}":${value}`).join(',')}}`),
      ),
    }));
    const shallow = { ...limits, maxDepth: 3 };
    fc.assert(
      fc.property(anyText, (text) => {
        const compact = parseStrictJson(text, shallow);
        const loose = parseStrictJson(`${text} `, shallow);
        expect(refused(compact)).toBe(refused(loose));
        if (compact.ok) expect(compact).toEqual(loose);
      }),
      { numRuns: 3000 },
    );
  });

  it('agrees with JSON.parse wherever it accepts, and accepts nothing that JSON.parse refuses', () => {
    const fragments = [
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"a"',
      '"b"',
      '"\\u00e9"',
      '1',
      '-0',
      '0.5',
      'true',
      'null',
      ' ',
      '"',
    ];
    const anyText = fc.oneof(
      fc.array(fc.constantFrom(...fragments), { maxLength: 12 }).map((parts) => parts.join('')),
      fc.json(),
      fc.string(),
    );
    fc.assert(
      fc.property(anyText, (text) => {
        const result = parseStrictJson(text, limits);
        if (result.ok) expect(JSON.stringify(result.value)).toBe(JSON.stringify(JSON.parse(text)));
        else expect(result.error.message).toMatch(/\.$/);
      }),
      { numRuns: 3000 },
    );
  });
});
