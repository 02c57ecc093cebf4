import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { readOnnxMetadata } from './onnx-metadata.js';

const models = new URL('../../../../../models/', import.meta.url);
const text = (value: string) => [...new TextEncoder().encode(value)];
const field = (number: number, bytes: number[]) => [number * 8 + 2, bytes.length, ...bytes];
const entry = (key: string, value: string) => field(14, [...field(1, text(key)), ...field(2, text(value))]);
const read = (...bytes: number[][]) => readOnnxMetadata(Uint8Array.from(bytes.flat()));

describe('readOnnxMetadata', () => {
  it('reads the digest of the preprocessing that the sample model carries', () => {
    const metadata = readOnnxMetadata(readFileSync(new URL('financial-sentiment/model.onnx', models)));
    const manifest = JSON.parse(readFileSync(new URL('financial-sentiment/model.json', models), 'utf8')) as {
      preprocess: { sha256: string };
    };
    expect(metadata.get('touchstone.preprocess.sha256')).toBe(manifest.preprocess.sha256);
  });

  it('finds none in a model without preprocessing', () => {
    const metadata = readOnnxMetadata(readFileSync(new URL('digits/model.onnx', models)));
    expect(metadata.has('touchstone.preprocess.sha256')).toBe(false);
  });

  it('skips fields of every other type', () => {
    const other = [[8, 8], [17, 1, 2, 3, 4, 5, 6, 7, 8], [29, 1, 2, 3, 4], field(7, [1, 2, 3])];
    expect([...read(...other, entry('k', 'v'))]).toEqual([['k', 'v']]);
  });

  it.each([
    ['a key twice', [entry('k', 'v'), entry('k', 'w')]],
    ['a key twice in one entry', [field(14, [...field(1, text('a')), ...field(1, text('b'))])]],
    ['a field longer than the file', [[14 * 8 + 2, 9, 1]]],
    ['an end inside a number', [[0x80]]],
    ['a number of eleven bytes', [[8, ...new Array<number>(10).fill(0x80), 1]]],
    ['a group', [[8 * 3 + 3]]],
    ['an unknown wire type', [[8 * 3 + 7]]],
    ['a field number 0', [[2, 0]]],
    ['metadata that is a number', [[14 * 8, 1]]],
    ['a key that is a number', [field(14, [8, 1])]],
    ['a key that is not UTF-8', [field(14, [...field(1, [0xff]), ...field(2, [0x61])])]],
    ['a truncated fixed field', [[17, 1, 2]]],
  ])('refuses %s', (_name, bytes) => {
    expect(() => read(...bytes)).toThrow('not a well-formed ONNX file');
  });

  it('either reads or refuses arbitrary bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        try {
          readOnnxMetadata(bytes);
        } catch (error) {
          expect((error as { code?: string }).code).toBe('model-invalid');
        }
      }),
    );
  });
});
