import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { assertFits, encodeJson, parseBody, validate } from './json-body.js';

const bytes = (text: string) => new TextEncoder().encode(text);

describe('message bodies', () => {
  it('are read as UTF-8 JSON', () => {
    expect(parseBody(bytes('{"a":"ü"}'))).toEqual({ a: 'ü' });
    expect(parseBody(encodeJson({ a: [1, null] }))).toEqual({ a: [1, null] });
  });

  it.each([
    ['nothing', bytes('')],
    ['a fragment', bytes('{"a":')],
    ['two documents', bytes('{}{}')],
    ['NaN', bytes('NaN')],
    ['a duplicate name', bytes('{"a":1,"a":2}')],
    ['a number that loses bits', bytes('9007199254740993')],
    ['a byte order mark', Uint8Array.of(0xef, 0xbb, 0xbf, 0x7b, 0x7d)],
    ['an overlong encoding', Uint8Array.of(0x22, 0xc0, 0x80, 0x22)],
    ['an encoded surrogate', Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22)],
  ])('are refused when they are %s', (_name, body) => {
    expect(() => parseBody(body)).toThrow(expect.objectContaining({ code: 'malformed-json' }));
  });

  it('are checked against a schema with a JSON pointer for each finding', () => {
    const schema = z.strictObject({ 'a/b': z.array(z.number()) });
    expect(() => validate(schema, { 'a/b': [1, 'x'] }, 'The request')).toThrow(
      expect.objectContaining({
        code: 'validation-failed',
        details: [expect.objectContaining({ pointer: '/a~1b/1' })],
      }),
    );
    expect(validate(schema, { 'a/b': [1] }, 'The request')).toEqual({ 'a/b': [1] });
  });

  it('fit up to the limit of the server', () => {
    expect(() => assertFits(new Uint8Array(8), 8, 'The request')).not.toThrow();
    expect(() => assertFits(new Uint8Array(9), 8, 'The request')).toThrow(
      expect.objectContaining({ code: 'body-too-large' }),
    );
  });
});
