import { describe, expect, it } from '@jest/globals';
import { requantised, type Requantisation } from '@touchstone/integer-model';
import { solutions } from '../test/solutions.js';
import { brokenConstraint } from './check.js';
import { ConstraintSystem } from './constraint-system.js';
import { toField } from './field.js';
import { number, wire } from './linear-combination.js';
import { requantise } from './requantise.js';

const SUM = 1;
const RESULT = 2;

/** The constraints of one activation: its sum and its result are public. */
function systemOf(how: Requantisation, lowest: number, highest: number): ConstraintSystem {
  const system = new ConstraintSystem(2);
  system.require(requantise(system, { sum: wire(SUM), lowest, highest }, how), number(1), wire(RESULT));
  return system;
}

const leak = (factor: number, shift: number) => ({ leak: { factor, shift } });

const CASES: readonly (readonly [string, Requantisation, lowest: number, highest: number])[] = [
  ['no shift, all of it', { shift: 0, lower: -8, upper: 7 }, -8, 7],
  ['no shift, cut off on both sides', { shift: 0, lower: -2, upper: 2 }, -8, 7],
  ['a rectifier', { shift: 0, lower: 0, upper: 255 }, -8, 7],
  ['a rectifier with halves', { shift: 1, lower: 0, upper: 15 }, -9, 20],
  ['halves that cannot be cut off', { shift: 1, lower: -8, upper: 7 }, -15, 13],
  ['quarters cut off at 2^k − 1', { shift: 2, lower: 0, upper: 3 }, -9, 31],
  ['quarters cut off at another bound', { shift: 2, lower: 0, upper: 4 }, -9, 31],
  ['quarters of sums above zero', { shift: 2, lower: 0, upper: 3 }, 0, 31],
  ['an odd lower bound', { shift: 1, lower: 1, upper: 4 }, -6, 14],
  ['an odd lower bound below zero', { shift: 2, lower: -3, upper: 3 }, -20, 20],
  ['an even lower bound below zero', { shift: 2, lower: -2, upper: 3 }, -20, 20],
  ['an upper bound below zero', { shift: 1, lower: -5, upper: -2 }, -20, 6],
  ['eighths', { shift: 3, lower: -1, upper: 2 }, -24, 40],
  ['a shift that leaves −1, 0 and 1', { shift: 4, lower: -128, upper: 127 }, -15, 15],
  ['a shift of which only ties are more than 0', { shift: 4, lower: 0, upper: 7 }, -9, 9],
  ['bounds that leave two values', { shift: 1, lower: 0, upper: 1 }, -4, 9],
  ['a leak of a half', { shift: 0, lower: -8, upper: 7, ...leak(1, 1) }, -9, 8],
  ['a leak of three quarters with halves', { shift: 1, lower: -8, upper: 7, ...leak(3, 2) }, -12, 9],
  ['a leak of nothing', { shift: 1, lower: -8, upper: 7, ...leak(0, 0) }, -12, 9],
  ['a leak of sums below zero alone', { shift: 0, lower: -8, upper: 7, ...leak(1, 2) }, -12, -1],
  ['a leak of sums above zero alone', { shift: 1, lower: 0, upper: 7, ...leak(1, 2) }, 0, 12],
];

const sumsOf = (lowest: number, highest: number) =>
  Array.from({ length: highest - lowest + 1 }, (_, at) => lowest + at);

describe.each(CASES)('requantise: %s', (_name, how, lowest, highest) => {
  const system = systemOf(how, lowest, highest);
  const sums = sumsOf(lowest, highest);

  it('gives every sum its activation', () => {
    for (const sum of sums) {
      const witness = system.witness([sum, requantised(sum, how)]);
      expect([sum, brokenConstraint(system, witness)]).toEqual([sum, undefined]);
    }
  });

  it('lets no witness have another one', () => {
    // Steps of three meet every rest of a division by a power of two.
    for (const sum of sums.filter((_, at) => at % 3 === 0)) {
      const known = new Map([
        [0, 1n],
        [SUM, toField(sum)],
      ]);
      const results = Array.from(solutions(system, known), (values) => values.get(RESULT));
      expect([sum, results]).toEqual([sum, [toField(requantised(sum, how))]]);
    }
  });

  it('has no witness for the sums just beyond its bits', () => {
    const bits = 2 ** 12;
    for (const sum of [lowest - bits, highest + bits]) {
      const known = new Map([
        [0, 1n],
        [SUM, toField(sum)],
      ]);
      expect([...solutions(system, known)]).toEqual([]);
    }
  });
});

describe('requantise', () => {
  it.each<[string, Requantisation, number, number, number]>([
    ['bounds are one number', { shift: 0, lower: 3, upper: 3 }, -9, 9, 3],
    ['all sums are below', { shift: 1, lower: 0, upper: 255 }, -90, 0, 0],
    ['all sums are a tie at most below', { shift: 1, lower: 0, upper: 255 }, -90, 1, 0],
    ['all sums are above', { shift: 1, lower: 0, upper: 7 }, 15, 90, 7],
    ['sums are shifted away', { shift: 32, lower: -128, upper: 127 }, 1 - 2 ** 31, 2 ** 31 - 1, 0],
    ['the shift is beyond all bits', { shift: 80, lower: -128, upper: 127 }, 1 - 2 ** 31, 2 ** 31 - 1, 0],
    ['the leak leaves nothing', { shift: 0, lower: -8, upper: 7, ...leak(0, 3) }, -9, 0, 0],
  ])('is a constant where %s', (_name, how, lowest, highest, constant) => {
    const system = new ConstraintSystem(1);
    expect(requantise(system, { sum: wire(SUM), lowest, highest }, how)).toEqual(number(constant));
    expect(system.constraintCount).toBe(0);
  });

  it.each<[string, Requantisation]>([
    ['the widest shift', { shift: 31, lower: -255, upper: 255 }],
    ['the widest leak', { shift: 31, lower: -255, upper: 255, ...leak(4095, 12) }],
    ['no shift', { shift: 0, lower: -255, upper: 255 }],
    ['no shift with a leak', { shift: 0, lower: -255, upper: 255, ...leak(1, 12) }],
  ])('holds at the ends of 32 bits with %s', (_name, how) => {
    const most = 2 ** 31 - 1;
    const system = systemOf(how, -most, most);
    for (const sum of [-most, -(2 ** 30), -(2 ** 30) - 1, -1, 0, 1, 2 ** 30, 2 ** 30 + 1, most]) {
      const witness = system.witness([sum, requantised(sum, how)]);
      expect([sum, brokenConstraint(system, witness)]).toEqual([sum, undefined]);
    }
  });

  it.each<[string, number, Requantisation, number, number]>([
    ['a rectifier of 12 bits and a sign', 12 + 9, { shift: 4, lower: 0, upper: 127 }, -4_000, 4_000],
    ['a rectifier that is not cut off', 12 + 6, { shift: 4, lower: 0, upper: 255 }, -4_000, 4_000],
    ['the same above zero', 12 + 5, { shift: 4, lower: 0, upper: 255 }, 0, 4_000],
    ['a shift of 1', 12 + 7, { shift: 1, lower: 0, upper: 127 }, -4_000, 4_000],
    ['no shift', 12 + 6, { shift: 0, lower: 0, upper: 127 }, -4_000, 4_000],
    ['an odd lower bound', 12 + 12, { shift: 4, lower: 1, upper: 128 }, -4_000, 4_000],
    [
      'an upper bound that is not 2^k − 1',
      12 + 6 + (12 - 4 + 3),
      { shift: 4, lower: 0, upper: 100 },
      -4_000,
      4_000,
    ],
    ['a leak', 13 + 9 + (12 + 3), { shift: 4, lower: 0, upper: 127, ...leak(1, 1) }, -4_000, 4_000],
  ])('costs what is documented: %s', (_name, constraints, how, lowest, highest) => {
    const system = new ConstraintSystem(1);
    requantise(system, { sum: wire(SUM), lowest, highest }, how);
    expect(system.constraintCount).toBe(constraints);
  });
});
