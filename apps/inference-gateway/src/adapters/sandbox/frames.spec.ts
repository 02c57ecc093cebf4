import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { FrameReader, frameParts, SANDBOX_HEADER_BYTES_MAX, SANDBOX_TENSOR_BYTES_MAX } from './frames.js';

function prefix(header: number, bytes: number): Uint8Array {
  const lengths = Buffer.alloc(8);
  lengths.writeUInt32LE(header, 0);
  lengths.writeUInt32LE(bytes, 4);
  return lengths;
}

describe('frames of a sandbox', () => {
  it('are the same however the stream cuts them', () => {
    fc.assert(
      fc.property(
        fc.jsonValue(),
        fc.uint8Array({ maxLength: 64 }),
        fc.array(fc.nat({ max: 40 }), { maxLength: 20 }),
        (header, bytes, cuts) => {
          const all = Buffer.concat(frameParts(header, [bytes]));
          const reader = new FrameReader();
          let at = 0;
          for (const cut of cuts) {
            const next = Math.min(at + cut, all.length - 1);
            expect(reader.push(all.subarray(at, next))).toBeUndefined();
            at = next;
          }
          const frame = reader.push(all.subarray(at));
          expect(frame?.header).toEqual(JSON.parse(JSON.stringify(header)));
          expect(Buffer.from(frame?.bytes ?? [])).toEqual(Buffer.from(bytes));
        },
      ),
    );
  });

  it.each([
    [SANDBOX_HEADER_BYTES_MAX, 0, true],
    [SANDBOX_HEADER_BYTES_MAX + 1, 0, false],
    [2, SANDBOX_TENSOR_BYTES_MAX, true],
    [2, SANDBOX_TENSOR_BYTES_MAX + 1, false],
    [0xffffffff, 0xffffffff, false],
  ])('of %i bytes of JSON and %i of tensors are taken: %s', (header, bytes, taken) => {
    const push = () => new FrameReader().push(prefix(header, bytes));
    if (taken) expect(push()).toBeUndefined();
    else expect(push).toThrow(`it announced an answer of ${header} and ${bytes} bytes`);
  });

  it('take a header of exactly SANDBOX_HEADER_BYTES_MAX', () => {
    const text = 'x'.repeat(SANDBOX_HEADER_BYTES_MAX - 2);
    expect(new FrameReader().push(Buffer.concat(frameParts(text, [])))?.header).toBe(text);
  });

  it.each([
    ['no JSON', Buffer.concat([prefix(1, 0), Buffer.from('{')]), 'no JSON'],
    ['an empty text', prefix(0, 0), 'no JSON'],
    ['one byte more', Buffer.concat([prefix(1, 0), Buffer.from('12')]), 'more than one answer'],
  ])('refuse %s', (_, bytes, message) => {
    expect(() => new FrameReader().push(bytes)).toThrow(message);
  });
});
