import { describe, expect, it } from '@jest/globals';
import { AppError } from '@touchstone/contracts';
import { Readable } from 'node:stream';
import { readJsonBody } from './json-body.js';
import { BODY_BYTES_DEFAULT_MAX, BODY_DEPTH_MAX } from './limits.js';
import type { HttpRequest } from './request.js';

const read = (text: string) => {
  const stream = Readable.from([Buffer.from(text)], { objectMode: false });
  return readJsonBody(
    Object.assign(stream, { headers: { 'content-type': 'application/json' } }) as unknown as HttpRequest,
  );
};
const codeOf = async (text: string) => {
  try {
    await read(text);
    return 'read';
  } catch (error) {
    return (error as AppError).code;
  }
};

describe('the limits of a body', () => {
  it('are as many bytes as a route reads by default, and not one more', async () => {
    const text = (bytes: number) => `"${'x'.repeat(bytes - 2)}"`;
    expect(await codeOf(text(BODY_BYTES_DEFAULT_MAX))).toBe('read');
    expect(await codeOf(text(BODY_BYTES_DEFAULT_MAX + 1))).toBe('body-too-large');
  });

  it('are as many levels as named, and not one more', async () => {
    const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
    expect(await codeOf(nested(BODY_DEPTH_MAX))).toBe('read');
    expect(await codeOf(nested(BODY_DEPTH_MAX + 1))).toBe('malformed-json');
  });
});
