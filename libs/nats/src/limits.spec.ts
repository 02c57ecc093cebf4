import { describe, expect, it } from '@jest/globals';
import { HEADERS_MAX, readCarrier, writeCarrier } from './carrier.js';
import { STREAM_MAX_BYTES, streamConfig } from './jetstream/stream-config.js';
import { MESSAGE_BYTES_MAX, parseBody } from './json-body.js';

describe('limits of a message', () => {
  it('HEADERS_MAX headers are read, a further one is not', () => {
    const names = Array.from({ length: HEADERS_MAX + 1 }, (_, index) => `x-${index}`);
    const read = readCarrier(writeCarrier(Object.fromEntries(names.map((name) => [name, '1']))));
    expect(Object.keys(read)).toEqual(names.slice(0, HEADERS_MAX));
  });

  it('a body of MESSAGE_BYTES_MAX is parsed, a larger one is refused', () => {
    const text = (bytes: number) => new TextEncoder().encode(`"${'a'.repeat(bytes - 2)}"`);
    expect(parseBody(text(MESSAGE_BYTES_MAX))).toHaveLength(MESSAGE_BYTES_MAX - 2);
    expect(() => parseBody(text(MESSAGE_BYTES_MAX + 1))).toThrow(
      expect.objectContaining({ code: 'malformed-json' }),
    );
  });

  // What becomes of an event that does not fit is seen with a smaller stream in test/provision.spec.ts.
  it('a stream holds STREAM_MAX_BYTES when nothing else is said, and refuses more', () => {
    expect(streamConfig('ANCHOR')).toMatchObject({ max_bytes: STREAM_MAX_BYTES, discard: 'new' });
  });
});
