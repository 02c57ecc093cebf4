import { describe, expect, it } from '@jest/globals';
import { accepted, limits, refused } from '../test/strict-json-outcome.js';
import { canonicalJson, parseStrictJson } from './index.js';

const encoder = new TextEncoder();

describe('parseStrictJson', () => {
  it.each<[string, unknown]>([
    ['null', null],
    [' \t\r\n true \n', true],
    ['false', false],
    ['""', ''],
    ['"a"', 'a'],
    ['"\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00e9"', '"\\/\b\f\n\r\tAé'],
    ['"\\ud83d\\uDE00"', '😀'],
    ['"x😀y"', 'x😀y'],
    ['"\u007f\uffff"', '\u007f\uffff'],
    ['0', 0],
    ['-1', -1],
    ['123456789012345', 123456789012345],
    ['-9007199254740991', -9007199254740991],
    ['9007199254740991.0', 9007199254740991],
    ['1.5e+3', 1500],
    ['15E-1', 1.5],
    ['1e-400', 0],
    ['[]', []],
    ['[ 1 , [ 2 ] , {} ]', [1, [2], {}]],
    ['{ "a" : { "b" : [ ] } , "" : 0 }', { a: { b: [] }, '': 0 }],
  ])('reads %j', (text, value) => {
    expect(accepted(text)).toEqual(value);
    expect(accepted(encoder.encode(text))).toEqual(value);
  });

  it.each(['-0', '-0.0', '-0e5', '-1e-400'])('reads %s as 0', (text) => {
    expect(Object.is(accepted(text), 0)).toBe(true);
  });

  it.each<[string, string]>([
    ['', 'syntax '],
    [' ', 'syntax '],
    ['nul', 'syntax '],
    ['True', 'syntax '],
    ['NaN', 'syntax '],
    ['1 2', 'syntax '],
    ['\u00a01', 'syntax '],
    ['-', 'syntax '],
    ['+1', 'syntax '],
    ['01', 'syntax '],
    ['-01', 'syntax '],
    ['1.', 'syntax '],
    ['1.e5', 'syntax '],
    ['.5', 'syntax '],
    ['1e', 'syntax '],
    ['1e+', 'syntax '],
    ['0x10', 'syntax '],
    ['"', 'syntax '],
    ['"a', 'syntax '],
    ['"\n"', 'syntax '],
    ['"\\', 'syntax '],
    ['"\\x41"', 'syntax '],
    ['"\\u00g0"', 'syntax '],
    ['"\\u004', 'syntax '],
    ['[1,]', 'syntax /1'],
    ['[1 2]', 'syntax /0'],
    ['[1', 'syntax /0'],
    ['{', 'syntax '],
    ['{"a":1,}', 'syntax '],
    ['{a:1}', 'syntax '],
    ['{"a" 1}', 'syntax /a'],
    ['{"a":}', 'syntax /a'],
    ['{"a":1 "b":2}', 'syntax '],
    ["{'a':1}", 'syntax '],
    ['{"a":{"b":[0,x]}}', 'syntax /a/b/1'],
  ])('refuses %j', (text, expected) => {
    expect(refused(parseStrictJson(text, limits))).toBe(expected);
  });

  it.each<[string, string]>([
    ['{"a":1,"a":1}', '/a'],
    ['{"a":1,"\\u0061":2}', '/a'],
    ['[{"x":{"k":1,"l":2,"k":3}}]', '/0/x/k'],
    ['{"__proto__":1,"__proto__":2}', '/__proto__'],
    ['{"a/b":{"~":1,"~":1}}', '/a~1b/~0'],
    ['{"":0,"":0}', '/'],
  ])('refuses the repeated member in %s', (text, pointer) => {
    expect(refused(parseStrictJson(text, limits))).toBe(`duplicate-key ${pointer}`);
  });

  it('does not take an inherited name for a repeated one', () => {
    const value = accepted('{"constructor":1,"toString":2,"hasOwnProperty":3}');
    expect(Object.keys(value as object)).toEqual(['constructor', 'toString', 'hasOwnProperty']);
  });

  it.each<[string, string]>([
    ['["\\ud800"]', '/0'],
    ['["\\udc00"]', '/0'],
    ['["\\ud800\\ud800"]', '/0'],
    ['["\\ud800x"]', '/0'],
    ['["\\ud800\\n"]', '/0'],
    ['["\\ud83d\ude00"]', '/0'],
    ['["\ud83d\\ude00"]', '/0'],
    ['["\ud800"]', '/0'],
    ['["\udc00"]', '/0'],
    ['["\ud800\ud800"]', '/0'],
    ['{"a":{"\\udfff":1}}', '/a'],
  ])('refuses the lone surrogate in %j', (text, pointer) => {
    expect(refused(parseStrictJson(text, limits))).toBe(`lone-surrogate ${pointer}`);
  });

  it.each([
    '1e300',
    '-1e300',
    '9007199254740992',
    '9007199254740993',
    '9007199254740992.0',
    '-9007199254740992',
    '90071992547409920e-1',
    '9007199254740991.5',
    '0.9007199254740993e16',
    '1000000000000000000000000000000',
  ])('refuses %s, which is beyond the exact integers', (text) => {
    expect(refused(parseStrictJson(`{"n":[${text}]}`, limits))).toBe('number-out-of-range /n/0');
  });

  it.each(['1e309', '-1e309', '1e99999', `1${'0'.repeat(400)}`])(
    'refuses %s, which is not finite',
    (text) => {
      expect(refused(parseStrictJson(`[${text}]`, limits))).toBe('number-not-finite /0');
    },
  );

  it('keeps a member named __proto__ as data', () => {
    const value = accepted('{"__proto__":{"admin":true},"a":1}') as Record<string, unknown>;
    expect(Object.keys(value)).toEqual(['__proto__', 'a']);
    expect('admin' in value).toBe(false);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(canonicalJson(value)).toBe('{"__proto__":{"admin":true},"a":1}');
  });
});

describe('parseStrictJson on bytes', () => {
  it.each<[string, number[]]>([
    ['an overlong form', [0x22, 0xc0, 0xaf, 0x22]],
    ['an encoded surrogate', [0x22, 0xed, 0xa0, 0x80, 0x22]],
    ['a truncated sequence', [0x22, 0xe2, 0x82, 0x22]],
    ['a continuation byte alone', [0x22, 0x81, 0x22]],
    ['a code point above U+10FFFF', [0x22, 0xf4, 0x90, 0x80, 0x80, 0x22]],
    ['UTF-16', [0xff, 0xfe, 0x5b, 0x00, 0x5d, 0x00]],
  ])('refuses %s', (_name, bytes) => {
    expect(refused(parseStrictJson(Uint8Array.from(bytes), limits))).toBe('not-utf8 ');
  });

  it('refuses a byte order mark in bytes and in text', () => {
    expect(refused(parseStrictJson(Uint8Array.of(0xef, 0xbb, 0xbf, 0x31), limits))).toBe('byte-order-mark ');
    expect(refused(parseStrictJson('\ufeff1', limits))).toBe('byte-order-mark ');
  });
});
