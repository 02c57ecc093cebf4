import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { imageElements } from '../worker/image-input.mjs';

const identity = (channels) =>
  Array.from({ length: channels }, () => Uint8Array.from({ length: 256 }, (_, value) => value));
const planOf = (change) => ({
  ...{ width: 4, height: 4, fit: 'stretch', filter: 'bilinear', fill: [9, 80, 200] },
  ...{ colour: 'rgb', layout: 'nhwc', elementBytes: 1, ...change },
});
const elementsOf = (picture, plan) => [
  ...imageElements(picture, plan, identity(plan.colour === 'grey' ? 1 : 3)),
];

/** A whole number of fractions, half rounded up, by nothing but whole numbers. */
const halfUp = (dividend, divisor) => Number((2n * dividend + divisor) / (2n * divisor));

/** docs/reference/image-input.md, "Bilinear", word by word: one new sample of a line. */
function newSample(samples, count, i) {
  const [I, O] = [BigInt(samples.length), BigInt(count)];
  const M = I > O ? I : O;
  let [sum, weights] = [0n, 0n];
  for (let j = 0n; j < I; j += 1n) {
    const distance = (2n * j + 1n) * O - (2n * BigInt(i) + 1n) * I;
    const weight = 2n * M - (distance < 0n ? -distance : distance);
    if (weight <= 0n) continue;
    sum += weight * BigInt(samples[Number(j)]);
    weights += weight;
  }
  return halfUp(sum, weights);
}

/** Rows first, then columns, one channel of one pixel at a time. */
function slowly({ width, height, channels, data }, target) {
  const at = (x, y, channel) => data[(y * width + x) * channels + channel];
  const out = [];
  for (let y = 0; y < target.height; y += 1)
    for (let x = 0; x < target.width; x += 1)
      for (let channel = 0; channel < channels; channel += 1) {
        const column = Array.from({ length: height }, (_, row) => {
          const line = Array.from({ length: width }, (_, place) => at(place, row, channel));
          return newSample(line, target.width, x);
        });
        out.push(newSample(column, target.height, y));
      }
  return out;
}

const side = fc.integer({ min: 1, max: 14 });
const pictures = (channels) =>
  fc
    .tuple(side, side)
    .chain(([width, height]) =>
      fc
        .uint8Array({ minLength: width * height * channels, maxLength: width * height * channels })
        .map((data) => ({ width, height, channels, data })),
    );
const sample = (random) => {
  const { width, height } = random;
  return Uint8Array.from({ length: width * height * 3 }, (_, at) => (at * 7919) % 256);
};

describe('a picture that is made larger or smaller', () => {
  it('has the samples of the definition, whatever the sizes', () => {
    fc.assert(
      fc.property(pictures(3), side, side, (picture, width, height) => {
        expect(elementsOf(picture, planOf({ width, height }))).toEqual(slowly(picture, { width, height }));
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    [5_000, 1],
    [4_097, 1],
    [4_096, 1],
    [16_384, 3],
    [1, 2_048],
    [16_383, 2_047],
    // Up to and beyond what halves of a number hold.
    [484, 22],
    [485, 22],
    [506, 22],
    [23, 1],
    [22, 1],
  ])('has them in rows of %d pixels that become rows of %d, of the brightest and others', (from, width) => {
    const line = (channel, y) =>
      Array.from({ length: from }, (_, x) => (y === 0 ? 255 : (x * 37 + channel * 91) % 256));
    const data = new Uint8Array(from * 6);
    for (const y of [0, 1])
      for (const channel of [0, 1, 2])
        for (const [x, value] of line(channel, y).entries()) data[(y * from + x) * 3 + channel] = value;
    const found = elementsOf({ width: from, height: 2, channels: 3, data }, planOf({ width, height: 2 }));
    for (const x of [0, width - 1, Math.floor(width / 2)])
      for (const channel of [0, 1, 2])
        for (const y of [0, 1])
          expect(found[(y * width + x) * 3 + channel]).toBe(newSample(line(channel, y), width, x));
  });

  it.each([
    [484, 22, 4],
    [485, 22, 4],
    [506, 22, 4],
    [484, 22, 3],
    [22, 1, 4],
    [23, 1, 4],
    [750, 224, 4],
    [9, 9, 8],
    [5, 11, 4],
  ])('has them in columns of %d pixels that become %d, %d beside each other', (height, target, width) => {
    const line = (channel, x) =>
      Array.from({ length: height }, (_, y) => (x === 0 ? 255 : (y * 37 + channel * 91 + x) % 256));
    const data = new Uint8Array(width * height * 3);
    for (let x = 0; x < width; x += 1)
      for (const channel of [0, 1, 2])
        for (const [y, value] of line(channel, x).entries()) data[(y * width + x) * 3 + channel] = value;
    const found = elementsOf({ width, height, channels: 3, data }, planOf({ width, height: target }));
    for (let x = 0; x < width; x += 1)
      for (const channel of [0, 1, 2])
        for (const y of [0, target - 1, Math.floor(target / 2)])
          expect(found[(y * width + x) * 3 + channel]).toBe(newSample(line(channel, x), target, y));
  });

  it('stays as it is at its own size, and stays of one colour', () => {
    const data = sample({ width: 7, height: 5 });
    const picture = { width: 7, height: 5, channels: 3, data };
    for (const filter of ['bilinear', 'nearest'])
      expect(elementsOf(picture, planOf({ width: 7, height: 5, filter }))).toEqual([...data]);
    const plain = { width: 9, height: 3, channels: 3, data: new Uint8Array(81).fill(77) };
    expect(new Set(elementsOf(plain, planOf({ width: 13, height: 2 })))).toEqual(new Set([77]));
  });

  it('takes the nearest pixel, the one to the right where two are as near', () => {
    const row = { width: 4, height: 1, channels: 3, data: Uint8Array.of(0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3) };
    const plan = (width) => planOf({ width, height: 1, filter: 'nearest', colour: 'grey' });
    expect(elementsOf(row, plan(2))).toEqual([1, 3]);
    expect(elementsOf(row, plan(3))).toEqual([0, 2, 3]);
    expect(elementsOf(row, plan(8))).toEqual([0, 0, 1, 1, 2, 2, 3, 3]);
  });
});

describe('a picture of another ratio', () => {
  // Each pixel of the first row is its number.
  const wide = { width: 8, height: 4, channels: 3, data: sample({ width: 8, height: 4 }) };
  const part = (left, width) => ({
    ...{ width, height: 4, channels: 3 },
    data: Uint8Array.from({ length: width * 4 * 3 }, (_, at) => {
      const [pixel, channel] = [Math.floor(at / 3), at % 3];
      return wide.data[(Math.floor(pixel / width) * 8 + left + (pixel % width)) * 3 + channel];
    }),
  });

  it('loses what is too much on both sides to cover the tensor', () => {
    expect(elementsOf(wide, planOf({ fit: 'cover', width: 2, height: 2 }))).toEqual(
      elementsOf(part(2, 4), planOf({ width: 2, height: 2 })),
    );
    // Of one pixel that is too much, the right one goes.
    expect(elementsOf(wide, planOf({ fit: 'cover', width: 7, height: 4 }))).toEqual([...part(0, 7).data]);
  });

  it('is laid into the middle of the fill to be contained', () => {
    const found = elementsOf(wide, planOf({ fit: 'contain', width: 8, height: 7 }));
    const fill = (rows) => Array.from({ length: rows * 8 }, () => [9, 80, 200]).flat();
    expect(found).toEqual([...fill(1), ...wide.data, ...fill(2)]);
    const grey = elementsOf(wide, planOf({ fit: 'contain', width: 8, height: 6, colour: 'grey' }));
    expect(grey.slice(0, 8)).toEqual(Array.from({ length: 8 }, () => 72));
  });

  it('is at least one pixel high, however wide it is', () => {
    const line = { width: 300, height: 1, channels: 3, data: new Uint8Array(900).fill(5) };
    const found = elementsOf(line, planOf({ fit: 'contain', width: 4, height: 3, colour: 'grey' }));
    expect(found.slice(4, 8)).toEqual([5, 5, 5, 5]);
    const cut = elementsOf(line, planOf({ fit: 'cover', width: 1, height: 2_048, colour: 'grey' }));
    expect(new Set(cut)).toEqual(new Set([5]));
  });
});

describe('the colours of a tensor', () => {
  const two = { width: 2, height: 1, channels: 3, data: Uint8Array.of(1, 2, 3, 40, 50, 60) };
  const plan = (change) => planOf({ width: 2, height: 1, ...change });

  it.each([
    ['rgb', 'nhwc', [1, 2, 3, 40, 50, 60]],
    ['rgb', 'nchw', [1, 40, 2, 50, 3, 60]],
    ['bgr', 'nhwc', [3, 2, 1, 60, 50, 40]],
    ['bgr', 'nchw', [3, 60, 2, 50, 1, 40]],
    ['grey', 'nchw', [2, 48]],
  ])('stand as %s in %s', (colour, layout, expected) => {
    expect(elementsOf(two, plan({ colour, layout }))).toEqual(expected);
  });

  it('shine through to the fill as their alpha says', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 4, maxLength: 4 }), (data) => {
        const [red, green, blue, alpha] = [...data].map(BigInt);
        const fill = [9n, 80n, 200n];
        const expected = [red, green, blue].map((value, channel) =>
          halfUp(alpha * value + (255n - alpha) * fill[channel], 255n),
        );
        const picture = { width: 1, height: 1, channels: 4, data };
        expect(elementsOf(picture, planOf({ width: 1, height: 1 }))).toEqual(expected);
      }),
    );
  });

  it('become the elements of the tables of their channels, of any width', () => {
    for (const [elementBytes, Elements] of [
      [2, Uint16Array],
      [4, Float32Array],
    ]) {
      const tables = [0, 1, 2].map(
        (channel) => new Uint8Array(Elements.from({ length: 256 }, (_, value) => value * 4 + channel).buffer),
      );
      const bytes = imageElements(two, plan({ colour: 'bgr', layout: 'nchw', elementBytes }), tables);
      expect([...new Elements(bytes.buffer)]).toEqual([12, 240, 9, 201, 6, 162]);
    }
  });
});
