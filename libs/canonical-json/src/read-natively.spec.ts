import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { StrictJsonRefusal } from './json-cursor.js';
import { JSON_DEPTH_MAX } from './json-limits.js';
import { parseStrictJson } from './parse-strict-json.js';
import { readNatively } from './read-natively.js';
import { StrictJsonReader } from './strict-json-reader.js';

const DEPTH = 4;

function readerOf(text: string): unknown {
  try {
    return new StrictJsonReader(text, DEPTH).readDocument();
  } catch (thrown) {
    if (thrown instanceof StrictJsonRefusal) return undefined;
    throw thrown;
  }
}

/** Pieces that quote, escape and repeat each other, so that a wrong count of names has a chance to come out right. */
const name = fc.constantFrom(
  '"a"',
  '"b"',
  '":"',
  '"\\""',
  '"\\\\"',
  '"\\":\\""',
  '"/"',
  '"\\/"',
  '"__proto__"',
  '"1"',
);
const scalar = fc.oneof(
  name,
  fc.constantFrom(
    '0',
    '-0',
    '1.0',
    '1e2',
    '-0e1',
    '9007199254740991',
    '9007199254740992',
    '1e999',
    'null',
    'true',
  ),
  fc.constantFrom(
    '"\\ud800"',
    '"\\ud83d\\ude00"',
    '"\ud800"',
    '"😀"',
    '"—"',
    '"\\u0000"',
    '"\n"',
    '"',
    '\\"',
    '\\',
  ),
);
const space = fc.constantFrom('', '', '', ' ', '\n\t');
const text = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalar,
    fc
      .tuple(space, fc.array(tie('value'), { maxLength: 3 }))
      .map(([gap, items]) => `[${items.join(`${gap},`)}${gap}]`),
    fc
      .tuple(space, fc.array(fc.tuple(name, space, tie('value')), { maxLength: 4 }))
      .map(
        ([gap, members]) =>
          `{${gap}${members.map(([key, inner, value]) => `${key}${inner}:${value}`).join(',')}}`,
      ),
  ),
})).value;

describe('readNatively', () => {
  it('reads what the reader reads, and nothing that the reader refuses', () => {
    let read = 0;
    fc.assert(
      fc.property(text, (candidate) => {
        const value = readNatively(candidate, DEPTH);
        if (value === undefined) return;
        read += 1;
        expect(value).toStrictEqual(readerOf(candidate));
      }),
      { numRuns: 20_000 },
    );
    expect(read).toBeGreaterThan(2_000);
  });

  it.each([
    '{"a":1,"a":1}',
    '{"a":{"b":1,"b":2}}',
    '{"/":1,"\\/":1}',
    '{"\\":":1,"\\":":1}',
    '{"a":"\\\\","a":":"}',
    '{"__proto__":1,"__proto__":2}',
    '-0',
    '[9007199254740992]',
    '[1e999]',
    '"\ud800"',
    '"\\ud800"',
    '"\\uD800"',
    '[[[[[]]]]]',
    '{"a":1}}',
    '{"\\n":1}',
    '{"a":{"b\\\\":1}}',
    '[{"a" : 1, "\\"" : 2}]',
  ])('leaves %j to the reader', (candidate) => {
    expect(readNatively(candidate, DEPTH)).toBeUndefined();
  });

  it('reads indented text, and quotes behind any number of backslashes', () => {
    const value = { a: ['"', '\\"', '\\\\"', ':', '\\'], b: { ':': '—😀' } };
    expect(readNatively(JSON.stringify(value, null, 2), JSON_DEPTH_MAX)).toStrictEqual(value);
  });

  it('does not read a name as another that an earlier text had (nodejs/node#63785)', () => {
    const limits = { maxBytes: 100 };
    for (const first of ['/', 'h', '', '0', 'ab']) {
      for (const escape of ['\\n', '\\"', '\\/', '\\u0061', '\\\\n', '\\b']) {
        expect(parseStrictJson(`{"${first}":1,"\\\\":2}`, limits).ok).toBe(true);
        JSON.parse(`{"${first}":1,"\\\\":2}`);
        const text = `{"${first}":1,"${escape}":2}`;
        const read = parseStrictJson(text, limits);
        expect(read.ok ? read.value : undefined).toEqual(readerOf(text));
      }
    }
  });
});
