import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import {
  FEATURE_NAME_CHARACTERS_MAX,
  FEATURES_MAX,
  inferRequest,
} from '@touchstone/contracts/http/inference-gateway';
import { FeatureVector } from './feature-vector.js';

const file = JSON.parse(
  readFileSync(new URL('../../../../../models/token-risk/features.json', import.meta.url), 'utf8'),
) as { features: { name: string; minimum: number; maximum: number }[] };
const vector = FeatureVector.fromFile(file);
const middle = Object.fromEntries(
  file.features.map(({ name, minimum, maximum }) => [name, (minimum + maximum) / 2]),
);
const two = (change: object = {}) => ({
  type: 'feature-vector',
  rules: [],
  features: [
    { name: 'a', minimum: 0, maximum: 1 },
    { name: 'b/~', minimum: -1, maximum: 1, unit: 'm', ...change },
  ],
});
const refusal = (features: Record<string, number>) => {
  try {
    FeatureVector.fromFile(two()).elements({ features });
  } catch (error) {
    return error as { code: string; details: { pointer: string }[] };
  }
  throw new Error('It was taken.');
};

describe('a feature vector', () => {
  it('puts numbers in the order of the file, in whatever order they come', () => {
    const backwards = Object.fromEntries(Object.entries(middle).reverse());
    expect(vector.elements({ features: backwards })).toEqual(Object.values(middle));
    expect(FeatureVector.fromFile(two()).elements({ features: { 'b/~': -1, a: 1 } })).toEqual([1, -1]);
  });

  it.each([
    ['one is missing', { a: 0 }, '/features'],
    ['one is unknown', { a: 0, 'b/~': 0, c: 0 }, '/features/c'],
    ['one is of the prototype', { a: 0, 'b/~': 0, constructor: 0 }, '/features/constructor'],
    ['one is below its range', { a: -0.001, 'b/~': 0 }, '/features/a'],
    ['one is above its range', { a: 0, 'b/~': 1.001 }, '/features/b~1~0'],
  ])('is refused where %s', (_, features, pointer) => {
    expect(refusal(features)).toMatchObject({ code: 'tensor-invalid', details: [{ pointer }] });
  });

  it('names everything that is wrong', () => {
    expect(refusal({ a: 2, c: 1 }).details.map(({ pointer }) => pointer)).toEqual([
      '/features/c',
      '/features/a',
      '/features',
    ]);
  });

  it('has a file with each name once, ranges that are some, and nothing else', () => {
    for (const change of [{ name: 'a' }, { maximum: -2 }, { mean: 1 }, { name: '' }])
      expect(() => FeatureVector.fromFile(two(change))).toThrow(
        expect.objectContaining({ code: 'model-invalid' }),
      );
  });

  it('has up to FEATURES_MAX features, not one more, with names of FEATURE_NAME_CHARACTERS_MAX characters', () => {
    const features = (count: number) => ({
      ...two(),
      features: Array.from({ length: count }, (_, index) => ({ name: `f${index}`, minimum: 0, maximum: 1 })),
    });
    expect(FeatureVector.fromFile(features(FEATURES_MAX)).features).toHaveLength(FEATURES_MAX);
    expect(() => FeatureVector.fromFile(features(FEATURES_MAX + 1))).toThrow();
    const named = (characters: number) => two({ name: 'x'.repeat(characters) });
    expect(FeatureVector.fromFile(named(FEATURE_NAME_CHARACTERS_MAX)).features).toHaveLength(2);
    expect(() => FeatureVector.fromFile(named(FEATURE_NAME_CHARACTERS_MAX + 1))).toThrow();
    const asked = (count: number) =>
      inferRequest.safeParse({
        features: Object.fromEntries(Array.from({ length: count }, (_, index) => [`f${index}`, 0])),
      }).success;
    expect([FEATURES_MAX, FEATURES_MAX + 1].map(asked)).toEqual([true, false]);
  });

  it('fits one row of floats', () => {
    const fits = (input: { datatype: 'FP32' | 'FP64' | 'INT64'; shape: number[] }) =>
      FeatureVector.fromFile(two()).fits([{ name: 'x', ...input }]);
    expect(fits({ datatype: 'FP32', shape: [1, 2] })).toBe(true);
    expect(fits({ datatype: 'FP64', shape: [1, 2] })).toBe(true);
    expect(fits({ datatype: 'INT64', shape: [1, 2] })).toBe(false);
    expect(fits({ datatype: 'FP32', shape: [2] })).toBe(false);
    expect(fits({ datatype: 'FP32', shape: [1, 3] })).toBe(false);
  });
});
