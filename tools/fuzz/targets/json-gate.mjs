import { strict as assert } from 'node:assert';
import { canonicalJson, parseStrictJson } from '@touchstone/canonical-json';

const encoder = new TextEncoder();
const texts = [
  '{"a":[1,-2.5e3,"x\\u00e9\\n",true,null],"b":{"__proto__":{},"":0}}',
  '[[[[]]],{"\ud83d\ude00":"\\ud83d\\ude00"}]',
  ' \t\r\n-0 ',
  '9007199254740991',
  '"\\"\\\\\\/\\b\\f\\n\\r\\t"',
  '{"a":1,"a":2}',
];
const tokens = [
  '{"',
  '":',
  '",',
  '[',
  ']',
  '}',
  '\\u',
  '\\ud83d',
  '\\ude00',
  'e+',
  '-0',
  '1e308',
  'true',
  'null',
  '"__proto__":',
  '\ufeff',
  '9007199254740992',
  '0.1',
  '\\',
  '\ud83d\ude00',
];

/** What JSON.parse reads, as the gate writes it: the negative zero is zero. */
const withoutNegativeZero = (_key, value) => (Object.is(value, -0) ? 0 : value);

/** The strict gate accepts only what `JSON.parse` reads to the same value, and calls only that a syntax error which it refuses too. */
export const jsonGate = {
  name: 'json-gate',
  covers: ['/libs/canonical-json/dist/'],
  dictionary: tokens.map((token) => [...encoder.encode(token)]),
  bytesMax: 4_096,
  seeds: () => texts.map((text) => encoder.encode(text)),
  run(bytes) {
    const read = parseStrictJson(bytes, { maxBytes: 4_096 });
    let text;
    try {
      text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      assert.equal(read.ok, false, 'invalid UTF-8 was read');
      return;
    }
    assert.deepEqual(parseStrictJson(text, { maxBytes: 4_096 }), read, 'text and bytes are read differently');
    let parsed;
    try {
      parsed = { value: JSON.parse(text, withoutNegativeZero) };
    } catch {
      parsed = undefined;
    }
    if (!read.ok) {
      assert.ok(
        parsed === undefined || read.error.reason !== 'syntax',
        `a syntax error only to us: ${read.error.message}`,
      );
      return;
    }
    assert.ok(parsed, 'JSON.parse refuses what was read');
    // A reviver assigns members, by which `__proto__` would vanish: such texts are compared by their canonical form.
    if (!text.includes('__proto__') && !text.includes('\\u'))
      assert.deepStrictEqual(read.value, parsed.value);
    const canonical = canonicalJson(read.value);
    const again = parseStrictJson(canonical, { maxBytes: 65_536 });
    assert.ok(again.ok, 'the canonical form is not read back');
    assert.equal(canonicalJson(again.value), canonical, 'the canonical form is not a fixed point');
    assert.equal(canonicalJson(JSON.parse(text)), canonical, 'JSON.parse reads another value');
  },
};
