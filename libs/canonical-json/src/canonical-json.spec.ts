import { describe, expect, it } from '@jest/globals';
import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { runInNewContext } from 'node:vm';
import {
  canonicalBytes,
  canonicalJson,
  CanonicalJsonError,
  JSON_DEPTH_MAX,
  parseStrictJson,
} from './index.js';

function refusal(value: unknown): string {
  try {
    canonicalJson(value);
  } catch (error) {
    if (error instanceof CanonicalJsonError) return `${error.reason} ${error.pointer}`;
    throw error;
  }
  return 'accepted';
}

/** The refused member lies one level below the value for these. */
function innerPointer(value: unknown): string {
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype)
    return '';
  const [key] = Object.getOwnPropertyNames(value);
  return key === undefined ? '' : `/${key}`;
}

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level += 1) value = [value];
  return value;
}

class Money {
  amount = 1;
}

class NullBased {
  amount = 1;
}
Object.setPrototypeOf(NullBased.prototype, null);

describe('canonicalJson', () => {
  it.each<[unknown, string]>([
    [null, 'null'],
    [true, 'true'],
    ['€\u0007"', '"€\\u0007\\""'],
    [-0, '0'],
    [[-0, { a: -0 }], '[0,{"a":0}]'],
    [1e21 / 1e6, '1000000000000000'],
    [9007199254740991, '9007199254740991'],
    [1e-7, '1e-7'],
    [[], '[]'],
    [{}, '{}'],
    [{ b: 1, a: [1, 'x', null] }, '{"a":[1,"x",null],"b":1}'],
    // U+FB33 sorts behind the surrogates of U+1F600: keys sort by UTF-16 code units, not by code points.
    [
      { '\ufb33': 1, '\u{1f600}': 2, '\u20ac': 3, '1': 4, '\r': 5 },
      '{"\\r":5,"1":4,"\u20ac":3,"\u{1f600}":2,"\ufb33":1}',
    ],
    [Object.assign(Object.create(null), { a: 1 }), '{"a":1}'],
    [JSON.parse('{"__proto__":{"a":1}}'), '{"__proto__":{"a":1}}'],
    [{ toJSON: 'a string named so' }, '{"toJSON":"a string named so"}'],
    [runInNewContext('({ a: [1] })'), '{"a":[1]}'],
  ])('writes %p as %s', (value, text) => {
    expect(canonicalJson(value)).toBe(text);
  });

  it('encodes as UTF-8', () => {
    expect(canonicalBytes('é')).toEqual(Uint8Array.of(0x22, 0xc3, 0xa9, 0x22));
  });

  it.each<[string, unknown]>([
    ['undefined', undefined],
    ['a function', () => 1],
    ['a symbol', Symbol('s')],
    ['a bigint', 1n],
    ['a Map', new Map([['a', 1]])],
    ['a Set', new Set([1])],
    ['a Date', new Date(0)],
    ['bytes', Uint8Array.of(1)],
    ['a Buffer', Buffer.from('a')],
    ['a regular expression', /a/],
    ['an error', new Error('a')],
    ['a boxed string', Object('a')],
    ['a class instance', new Money()],
    ['an instance of a class without a base', new NullBased()],
    ['an object derived from a plain one', Object.create({ a: 1 })],
    ['an object with toJSON', { toJSON: () => 1 }],
    ['a symbol key', { [Symbol('s')]: 1 }],
    ['an accessor', Object.defineProperty({}, 'a', { get: () => 1, enumerable: true })],
    ['a hidden member', Object.defineProperty({}, 'a', { value: 1, enumerable: false })],
    ['a hole', new Array(1)],
    ['a subclass of Array', new (class extends Array<number> {})()],
    ['an array with a named member', Object.assign([1], { index: 0 })],
    ['a promise', Promise.resolve(1)],
    ['an array without a prototype', Object.setPrototypeOf([1], null)],
  ])('refuses %s at its place', (_name, value) => {
    const inner = innerPointer(value);
    expect(refusal({ 'x/y': [0, value] })).toBe(`not-json /x~1y/1${inner}`);
    expect(refusal(value)).toBe(`not-json ${inner}`);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('refuses %p', (value) => {
    expect(refusal([value])).toBe('number-not-finite /0');
  });

  it.each([2 ** 53, -(2 ** 53), 1e21, 1e300])('refuses %p, which is beyond the exact integers', (value) => {
    expect(refusal({ n: value })).toBe('number-out-of-range /n');
  });

  it('refuses lone surrogates in strings and in names', () => {
    expect(refusal(['\ud800'])).toBe('lone-surrogate /0');
    expect(refusal(['a\udc00\ud800'])).toBe('lone-surrogate /0');
    expect(refusal({ a: { '\udc00': 1 } })).toBe('lone-surrogate /a');
    expect(refusal(['"\ud83d\ude00\n'])).toBe('accepted');
  });

  it('accepts the greatest depth and refuses one more, cycles included', () => {
    expect(canonicalJson(nested(JSON_DEPTH_MAX))).toHaveLength(2 * JSON_DEPTH_MAX + 1);
    expect(refusal(nested(JSON_DEPTH_MAX + 1))).toBe(`too-deep ${'/0'.repeat(JSON_DEPTH_MAX)}`);
    const cycle: Record<string, unknown> = {};
    cycle['self'] = cycle;
    expect(refusal(cycle)).toBe(`too-deep ${'/self'.repeat(JSON_DEPTH_MAX)}`);
  });

  it('reads every member once', () => {
    const reads: (string | symbol)[] = [];
    const watched = new Proxy(
      { b: 1, a: 2 },
      {
        getOwnPropertyDescriptor: (target, key) => {
          reads.push(key);
          return Reflect.getOwnPropertyDescriptor(target, key);
        },
        get: () => {
          throw new Error('read behind the check');
        },
      },
    );
    expect(canonicalJson(watched)).toBe('{"a":2,"b":1}');
    expect(reads).toEqual(['a', 'b']);
  });

  it('says what and where in its message', () => {
    expect(() => canonicalJson({ a: 1n })).toThrow('A value of type bigint is not JSON at "/a".');
    expect(new CanonicalJsonError('not-json', '', 'x').name).toBe('CanonicalJsonError');
  });
});

describe('round trips', () => {
  const json = fc.jsonValue({ noUnicodeString: false, maxDepth: 6, depthSize: 'medium' }).filter((value) => {
    return refusal(value) === 'accepted';
  });

  it('writes what an independent implementation writes', () => {
    fc.assert(
      fc.property(json, (value) => expect(canonicalJson(value)).toBe(canonicalize(value))),
      { numRuns: 1000 },
    );
  });

  it('JCS(parse(JCS(x))) = JCS(x)', () => {
    fc.assert(
      fc.property(json, (value) => {
        const text = canonicalJson(value);
        const parsed = parseStrictJson(text, { maxBytes: 10_000_000 });
        expect(parsed).toEqual({ ok: true, value: JSON.parse(text) });
        if (parsed.ok) expect(canonicalJson(parsed.value)).toBe(text);
      }),
      { numRuns: 1000 },
    );
  });

  it('reads any spelling of a value to the same canonical text', () => {
    fc.assert(
      fc.property(json, fc.constantFrom('', ' ', '\t', '  '), (value, indent) => {
        const spelled = JSON.stringify(value, null, indent).replaceAll('é', '\\u00e9');
        const parsed = parseStrictJson(spelled, { maxBytes: 10_000_000 });
        expect(parsed.ok && canonicalJson(parsed.value)).toBe(canonicalJson(value));
      }),
    );
  });
});
