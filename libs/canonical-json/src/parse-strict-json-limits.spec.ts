import { describe, expect, it } from '@jest/globals';
import { limits, refused } from '../test/strict-json-outcome.js';
import { JSON_DEPTH_MAX, parseStrictJson } from './index.js';

const encoder = new TextEncoder();

describe('parseStrictJson limits', () => {
  it.each<[string | Uint8Array, number]>([
    ['"abcd"', 6],
    [encoder.encode('"abcd"'), 6],
    ['"é€😀"', 11],
    [encoder.encode('"é€😀"'), 11],
  ])('accepts %j at maxBytes and refuses it one byte below', (source, bytes) => {
    expect(parseStrictJson(source, { maxBytes: bytes }).ok).toBe(true);
    expect(refused(parseStrictJson(source, { maxBytes: bytes - 1 }))).toBe('too-large ');
  });

  it.each(['[', '{"a":'])('accepts nesting of %j at the depth limit and refuses one more', (open) => {
    const close = open === '[' ? ']' : '}';
    const nested = (depth: number): string => `${open.repeat(depth)}1${close.repeat(depth)}`;
    expect(parseStrictJson(nested(JSON_DEPTH_MAX), limits).ok).toBe(true);
    const segment = open === '[' ? '/0' : '/a';
    const pointer = segment.repeat(JSON_DEPTH_MAX);
    expect(refused(parseStrictJson(nested(JSON_DEPTH_MAX + 1), limits))).toBe(`too-deep ${pointer}`);
  });

  it('lowers the depth on request, down to scalars only', () => {
    expect(parseStrictJson('1', { ...limits, maxDepth: 0 }).ok).toBe(true);
    expect(refused(parseStrictJson('[]', { ...limits, maxDepth: 0 }))).toBe('too-deep ');
    expect(parseStrictJson('[[]]', { ...limits, maxDepth: 2 }).ok).toBe(true);
    expect(refused(parseStrictJson('[[[]]]', { ...limits, maxDepth: 2 }))).toBe('too-deep /0/0');
  });

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])(
    'takes maxBytes %p for a mistake',
    (maxBytes) => {
      expect(() => parseStrictJson('1', { maxBytes })).toThrow(RangeError);
    },
  );

  it.each([-1, 0.5, JSON_DEPTH_MAX + 1, Number.NaN])('takes maxDepth %p for a mistake', (maxDepth) => {
    expect(() => parseStrictJson('1', { ...limits, maxDepth })).toThrow(RangeError);
  });
});
