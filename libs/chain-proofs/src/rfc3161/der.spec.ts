import { describe, expect, it } from '@jest/globals';
import { DER_BYTES_MAX } from '@touchstone/contracts';
import fc from 'fast-check';
import {
  bits,
  der,
  explicit,
  integer,
  nothing,
  octets,
  oid,
  sequence,
  set,
  text,
  yes,
} from '../../test/der-writer.js';
import { DER_DEPTH_MAX, readDer } from './der.js';

const read = (...bytes: number[]): boolean => readDer(Uint8Array.from(bytes)) !== undefined;

describe('readDer', () => {
  it('reads values with their members and the bytes that they came as', () => {
    const bytes = sequence(
      integer(5),
      set(oid('1.2.3'), nothing),
      explicit(0, octets(text('x'.repeat(300)))),
      bits(),
    );
    const value = readDer(bytes);
    expect(value?.whole).toEqual(bytes);
    expect(value?.members.map(({ tag }) => tag)).toEqual([0x02, 0x31, 0xa0, 0x03]);
    expect(value?.members[1]?.members[0]?.whole).toEqual(oid('1.2.3'));
    expect(value?.members[2]?.members[0]?.content).toHaveLength(300);
  });

  it.each<[string, number[]]>([
    ['true', [1, 1, 0xff]],
    ['false', [1, 1, 0]],
    ['zero', [2, 1, 0]],
    ['128', [2, 2, 0, 0x80]],
    ['-129', [2, 2, 0xff, 0x7f]],
    ['an enumerated one', [10, 1, 1]],
    ['no bits', [3, 1, 0]],
    ['seven unused bits', [3, 2, 7, 0x80]],
    ['an identifier', [6, 3, 0x88, 0x37, 1]],
    ['null', [5, 0]],
    ['an application tag', [0x41, 0]],
    ['nothing in a sequence', [0x30, 0]],
  ])('reads %s', (_name, bytes) => {
    expect(read(...bytes)).toBe(true);
  });

  it.each<[string, number[]]>([
    ['nothing', []],
    ['a tag alone', [0x30]],
    ['too little content', [4, 2, 0]],
    ['bytes behind it', [5, 0, 0]],
    ['a member beyond its sequence', [0x30, 2, 4, 1]],
    ['an indefinite length', [0x30, 0x80, 0, 0]],
    ['a long form that the short one covers', [4, 0x81, 1, 0]],
    ['a length that begins with zero', [4, 0x82, 0, 0x80, ...new Array<number>(128).fill(0)]],
    ['a length of three bytes', [4, 0x83, 1, 0, 0]],
    ['a length that is cut short', [4, 0x82, 1]],
    ['a tag of several bytes', [0x1f, 1, 0]],
    ['an end of contents', [0, 0]],
    ['a constructed string', [0x24, 2, 4, 0]],
    ['a primitive sequence', [0x10, 0]],
    ['a primitive set', [0x11, 0]],
    ['a boolean of one', [1, 1, 1]],
    ['a boolean of two bytes', [1, 2, 0xff, 0xff]],
    ['an integer without bytes', [2, 0]],
    ['an integer with a zero too many', [2, 2, 0, 0x7f]],
    ['a negative one with a byte too many', [2, 2, 0xff, 0x80]],
    ['an enumerated one without bytes', [10, 0]],
    ['bits without their number of unused ones', [3, 0]],
    ['unused bits of nothing', [3, 1, 1]],
    ['eight unused bits', [3, 2, 8, 0]],
    ['an unused bit that is set', [3, 2, 1, 1]],
    ['a null with content', [5, 1, 0]],
    ['an identifier without bytes', [6, 0]],
    ['an identifier that does not end', [6, 1, 0x80 | 1]],
    ['an identifier with a zero digit', [6, 2, 0x80, 1]],
  ])('refuses %s', (_name, bytes) => {
    expect(read(...bytes)).toBe(false);
  });

  it('reads DER_BYTES_MAX bytes and no more', () => {
    const sized = (size: number): Uint8Array => der(0x04, new Uint8Array(size - 4));
    expect(readDer(sized(DER_BYTES_MAX - 1))).toBeDefined();
    expect(readDer(sequence(sized(DER_BYTES_MAX - 4)))?.whole).toHaveLength(DER_BYTES_MAX);
    expect(readDer(Uint8Array.of(...sequence(sized(DER_BYTES_MAX - 4)), 0))).toBeUndefined();
  });

  it('reads DER_DEPTH_MAX values around another and no more', () => {
    const nested = (depth: number): Uint8Array => (depth === 0 ? yes : sequence(nested(depth - 1)));
    expect(readDer(nested(DER_DEPTH_MAX))).toBeDefined();
    expect(readDer(nested(DER_DEPTH_MAX + 1))).toBeUndefined();
  });

  it('never throws, and reads nothing that has a second spelling', () => {
    const rewritten = (value: ReturnType<typeof readDer>): Uint8Array =>
      value === undefined
        ? new Uint8Array()
        : der(value.tag, ...(value.tag & 0x20 ? value.members.map(rewritten) : [value.content]));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const value = readDer(bytes);
        if (value) expect(rewritten(value)).toEqual(bytes);
      }),
      { numRuns: 3_000 },
    );
  });
});
