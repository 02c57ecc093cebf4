import { describe, expect, it } from '@jest/globals';
import { field, floatField, join, varint } from '@touchstone/testing';
import { refusalOf } from '../test/refusal-of.js';
import { readFields, readSigned, readVarint, type Field } from './protobuf-fields.js';

const fieldsOf = (bytes: Uint8Array): Field[] => [...readFields(bytes)];
const eight = (number: number) => join(varint(number * 8 + 1), new Uint8Array(8).fill(number));

describe('readFields', () => {
  it('gives every field in its order, with its contents', () => {
    const message = join(field(1, 300), field(2, 'ab'), floatField(3, 1), eight(4), field(536_870_911, ''));
    expect(fieldsOf(message)).toEqual([
      { number: 1, wireType: 0, bytes: Uint8Array.of(0xac, 2), value: 300 },
      { number: 2, wireType: 2, bytes: Uint8Array.of(97, 98), value: 0 },
      { number: 3, wireType: 5, bytes: Uint8Array.of(0, 0, 0x80, 0x3f), value: 0 },
      { number: 4, wireType: 1, bytes: new Uint8Array(8).fill(4), value: 0 },
      { number: 536_870_911, wireType: 2, bytes: new Uint8Array(), value: 0 },
    ]);
  });

  it.each<[string, Uint8Array, RegExp]>([
    ['the number 0', varint(0), /has the number 0/],
    ['a tag of 33 bits', varint(2 ** 32 + 8), /longer than 32 bits/],
    ['the start of a group', varint(8 + 3), /has the wire type 3/],
    ['a wire type that nobody defined', varint(8 + 6), /has the wire type 6/],
    [
      'a text longer than the file',
      join(varint(8 + 2), varint(2), Uint8Array.of(97)),
      /longer than the file/,
    ],
    ['a length beyond 2^53', join(varint(8 + 2), varint(-1)), /longer than the file/],
    ['a float that is cut off', join(varint(8 + 5), Uint8Array.of(1, 2, 3)), /longer than the file/],
    ['a double that is cut off', join(varint(8 + 1), new Uint8Array(7)), /longer than the file/],
    ['a tag that is cut off', Uint8Array.of(0x80), /ends inside a number/],
    ['a number of eleven bytes', join(varint(8), new Uint8Array(10).fill(0x80), varint(1)), /ten bytes/],
  ])('refuses %s', (_name, bytes, why) => {
    expect(refusalOf(() => fieldsOf(bytes))).toMatch(why);
  });
});

describe('readVarint and readSigned', () => {
  it.each([0, 1, 127, 128, 300, 2 ** 31, 2 ** 32, Number.MAX_SAFE_INTEGER])('read %d', (value) => {
    const bytes = join(Uint8Array.of(0xff), varint(value), Uint8Array.of(0xff));
    expect(readVarint(bytes, 1)).toEqual({ value, next: bytes.length - 1 });
    expect(readSigned(bytes, 1)).toEqual({ value: BigInt(value), next: bytes.length - 1 });
  });

  it.each([-1, -128, -(2 ** 31), Number.MIN_SAFE_INTEGER])('readSigned reads %d in ten bytes', (value) => {
    expect(readSigned(varint(value), 0)).toEqual({ value: BigInt(value), next: 10 });
  });

  it('take ten bytes and no more', () => {
    const ten = join(new Uint8Array(9).fill(0x80), Uint8Array.of(1));
    const eleven = join(new Uint8Array(10).fill(0x80), Uint8Array.of(1));
    expect(readVarint(ten, 0)).toEqual({ value: 2 ** 63, next: 10 });
    expect(readSigned(ten, 0)).toEqual({ value: -(2n ** 63n), next: 10 });
    for (const read of [readVarint, readSigned]) {
      expect(refusalOf(() => read(eleven, 0))).toMatch(/longer than ten bytes/);
      expect(refusalOf(() => read(Uint8Array.of(0x80), 0))).toMatch(/ends inside a number/);
    }
  });
});
