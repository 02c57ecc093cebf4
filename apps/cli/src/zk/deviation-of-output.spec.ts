import { describe, expect, it } from '@jest/globals';
import { deviation, labelOf, requireFinite, type ReadOutput } from './deviation-of-output.js';

const read = (reading: ReadOutput['reading'], rowLength: number): ReadOutput => ({
  ...{ name: 'y', reading, rowLength },
  valuesOf: () => Float64Array.of(),
});
const TOLERANCE = 0.25;

describe('whether an output of whole numbers agrees with its floats', () => {
  it.each([
    ['scores with the same largest in each row', 'scores', 2, [1, 2, 4, 3], [0, 9, 2, 1], true],
    ['scores with another largest in one row', 'scores', 2, [1, 2, 4, 3], [0, 9, 1, 2], false],
    ['a single number within the tolerance', 'scores', 1, [0.5], [0.75], true],
    ['a single number beyond it', 'scores', 1, [0.5], [0.751], false],
    ['shares on the same side of one half', 'shares', 3, [0.4, 0.6, 0.9], [0.1, 0.51, 0.6], true],
    ['shares on the other side', 'shares', 3, [0.4, 0.6, 0.9], [0.1, 0.49, 0.6], false],
    ['the same places', 'places', 1, [3, 1], [3, 1], true],
    ['another place', 'places', 1, [3, 1], [3, 2], false],
  ] as const)('%s', (_name, reading, rowLength, float, whole, agrees) => {
    expect(
      deviation(read(reading, rowLength), [...float], Float64Array.from(whole), TOLERANCE),
    ).toMatchObject({
      agrees,
    });
  });

  it('says how far the farthest element is', () => {
    const { largestDifference } = deviation(read('scores', 3), [1, 2, 3], Float64Array.of(1, 2.5, 2.75), 1);
    expect(largestDifference).toBe(0.5);
  });
});

describe('what the floats of a file give', () => {
  it.each([NaN, Infinity, -Infinity])('is refused with %p, and the sample is named', (value) => {
    requireFinite('y', [0, -0, 1e308], 7);
    expect(() => requireFinite('y', [0, value], 7)).toThrow(
      /gives y with .* for sample 7: leave that one out/,
    );
  });
});

describe('the label that an output stands for', () => {
  it.each([
    ['the largest score', 'scores', 3, [0.1, 0.7, 0.2], 1],
    ['a place', 'places', 1, [4], 4],
    ['a share above one half', 'shares', 1, [0.7], 1],
    ['a share up to one half', 'shares', 1, [0.5], 0],
    ['none of several shares', 'shares', 2, [0.7, 0.2], undefined],
    ['none of a single number', 'scores', 1, [0.7], undefined],
  ] as const)('is %s', (_name, reading, rowLength, values, label) => {
    expect(labelOf(read(reading, rowLength), values)).toBe(label);
  });
});
