import { describe, expect, it } from '@jest/globals';
import { field, floatField, join, onnxTensor } from '@touchstone/testing';
import { refusalOf } from '../test/refusal-of.js';
import type { ElementType } from './model.js';
import { readTensor, AXES_MAX } from './read-tensor.js';

const FLOAT = field(2, 1);
const typed = (type: number, ...fields: Uint8Array[]) => join(field(8, 't'), field(2, type), ...fields);
const doubles = (...values: number[]) => new Uint8Array(Float64Array.from(values).buffer);

describe('readTensor', () => {
  it.each<[ElementType, Parameters<typeof onnxTensor>[3], number[]]>([
    ['FLOAT', 'FP32', [1.5, -0.25, 0]],
    ['DOUBLE', 'FP64', [0.1, -1e300, 0]],
    ['UINT8', 'UINT8', [0, 255, 128]],
    ['INT8', 'INT8', [-128, 127, -1]],
    ['UINT16', 'UINT16', [0, 65_535, 256]],
    ['INT16', 'INT16', [-32_768, 32_767, -1]],
    ['INT32', 'INT32', [-2_147_483_648, 2_147_483_647, -1]],
    ['INT64', 'INT64', [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, -1]],
    ['BOOL', 'BOOL', [0, 1, 1]],
  ])('reads the raw bytes of %s', (type, written, values) => {
    const tensor = readTensor(onnxTensor('t', [1, 3], values, written));
    expect(tensor).toEqual({ name: 't', type, shape: [1, 3], data: Float64Array.from(values) });
  });

  it.each<[ElementType, Uint8Array]>([
    ['FLOAT', typed(1, field(4, new Uint8Array(Float32Array.of(1, -2).buffer)), floatField(4, 3))],
    ['DOUBLE', typed(11, field(10, doubles(1, -2)), field(10, doubles(3)))],
    ['INT8', typed(3, field(5, join(Uint8Array.of(1), varintOf(-2))), field(5, 3))],
    ['INT32', typed(6, field(5, 1), field(5, -2), field(5, 3))],
    ['INT64', typed(7, field(7, 1), field(7, -2), field(7, 3))],
  ])('reads the list of %s, packed and one by one', (type, message) => {
    const expected = { name: 't', type, shape: [3], data: Float64Array.of(1, -2, 3) };
    expect(readTensor(join(field(1, 3), message))).toEqual(expected);
    expect(readTensor(join(field(1, Uint8Array.of(3)), message))).toEqual(expected);
  });

  it('reads one number without dimensions, and nothing where a dimension is 0', () => {
    expect(readTensor(onnxTensor('t', [], [7]))).toMatchObject({ shape: [], data: Float64Array.of(7) });
    const none = join(field(1, 0), field(1, Number.MAX_SAFE_INTEGER), FLOAT, field(8, 't'));
    expect(readTensor(none).data).toHaveLength(0);
  });

  it('says in the file that the data lies in it', () => {
    expect(readTensor(join(onnxTensor('t', [], [7]), field(14, 0))).data).toEqual(Float64Array.of(7));
  });

  it('takes so many dimensions and no more', () => {
    const of = (rank: number) => onnxTensor('t', Array<number>(rank).fill(1), [7]);
    expect(readTensor(of(AXES_MAX)).shape).toHaveLength(AXES_MAX);
    expect(refusalOf(() => readTensor(of(AXES_MAX + 1)))).toMatch(/more than 8 dimensions/);
  });

  it('does not believe the dimensions of a file', () => {
    const sizes = Array<number>(8).fill(Number.MAX_SAFE_INTEGER);
    expect(refusalOf(() => readTensor(onnxTensor('t', sizes, [7])))).toMatch(/has 1 elements for the shape/);
  });

  it('reads more dimensions than a call has arguments, and refuses them', () => {
    const dims = field(1, new Uint8Array(300_000).fill(1));
    expect(refusalOf(() => readTensor(join(dims, onnxTensor('t', [], [7]))))).toMatch(/dimensions/);
  });

  it.each<[string, Uint8Array, RegExp]>([
    ['a type that is not read', typed(10, field(9, Uint8Array.of(0, 0))), /a type that is not read/],
    ['no type', field(8, 't'), /a type that is not read/],
    ['a dimension below zero', join(onnxTensor('t', [-1], [7])), /a dimension below zero/],
    ['too few elements', onnxTensor('t', [2], [7]), /has 1 elements for the shape \[2\]/],
    ['too many elements', onnxTensor('t', [], [7, 8]), /has 2 elements/],
    [
      'bytes that end inside an element',
      typed(1, field(9, Uint8Array.of(1, 2, 3))),
      /ends inside an element/,
    ],
    ['doubles that end inside one', typed(11, field(10, Uint8Array.of(1))), /holds no doubles/],
    ['doubles as varint', typed(11, field(10, 1)), /holds no doubles/],
    ['elements twice', join(onnxTensor('t', [], [7]), floatField(4, 7)), /has its elements twice/],
    ['elements of two fields', typed(1, floatField(4, 7), field(5, 7)), /has its elements twice/],
    ['floats as ints', typed(1, field(5, 7)), /in a field that is not that of FLOAT/],
    ['ints of 64 bits as ints of 32', typed(7, field(5, 7)), /in a field that is not that of INT64/],
    ['256 as UINT8', typed(2, field(5, 256)), /an element beyond UINT8/],
    ['−1 as UINT16', typed(4, field(5, -1)), /an element beyond UINT16/],
    ['128 as INT8', typed(3, field(5, 128)), /an element beyond INT8/],
    ['2 as BOOL', onnxTensor('t', [], [2], 'BOOL'), /an element beyond BOOL/],
    ['2^53 in a list', typed(7, field(7, 2 ** 53)), /beyond 2\^53/],
    ['2^53 in raw bytes', onnxTensor('t', [], [2 ** 53], 'INT64'), /an element beyond INT64/],
    ['data in another file', typed(1, field(13, new Uint8Array())), /outside of the file/],
    ['a location elsewhere', join(onnxTensor('t', [], [7]), field(14, 1)), /outside of the file/],
    ['raw bytes twice', typed(1, field(9, ''), field(9, '')), /the field 9 stands there twice/],
  ])('refuses %s', (_name, message, why) => {
    expect(refusalOf(() => readTensor(message))).toMatch(why);
  });
});

/** Ten bytes, as protobuf writes whole numbers below zero. */
function varintOf(value: number): Uint8Array {
  return field(1, value).subarray(1);
}
