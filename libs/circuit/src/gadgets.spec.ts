import { describe, expect, it } from '@jest/globals';
import { solutions } from '../test/solutions.js';
import { brokenConstraint } from './check.js';
import { ConstraintSystem } from './constraint-system.js';
import { FIELD_ORDER, toField } from './field.js';
import { bitsOf, isZero, named, product } from './gadgets.js';
import { number, plus, wire } from './linear-combination.js';

const known = (...values: number[]) =>
  new Map([[0, 1n], ...values.map((value, at) => [1 + at, toField(value)] as const)]);

describe('product and named', () => {
  it('have one result', () => {
    const system = new ConstraintSystem(2);
    const result = product(system, plus(wire(1), number(3)), plus(number(0), wire(2), -2));
    const name = named(system, plus(wire(result), wire(1)));
    for (const [a, b] of [
      [0, 5],
      [-3, 7],
      [4, -6],
      [1, 1],
    ] as const) {
      const expected = (a + 3) * (-2 * b);
      const [values, ...more] = solutions(system, known(a, b));
      expect([values?.get(result), values?.get(name)]).toEqual([toField(expected), toField(expected + a)]);
      expect(more).toEqual([]);
      expect(brokenConstraint(system, system.witness([a, b]))).toBeUndefined();
    }
  });
});

describe('bitsOf', () => {
  const system = new ConstraintSystem(1);
  const bits = bitsOf(system, plus(wire(1), number(8)), 4);

  it.each([-8, -7, -1, 0, 1, 6, 7])('writes %d + 8 in one way', (value) => {
    const witness = system.witness([value]);
    expect(brokenConstraint(system, witness)).toBeUndefined();
    const expected = bits.map((_, place) => BigInt(((value + 8) >> place) % 2));
    expect(Array.from(solutions(system, known(value)), (found) => bits.map((bit) => found.get(bit)))).toEqual(
      [expected],
    );
  });

  it.each([-9, 8, 1_000])('has no bits for %d + 8', (value) => {
    expect([...solutions(system, known(value))]).toEqual([]);
    expect(brokenConstraint(system, system.witness([value]))).toBeDefined();
  });

  it('of no bits says that a value is 0', () => {
    const none = new ConstraintSystem(1);
    expect(bitsOf(none, wire(1), 0)).toEqual([]);
    expect([0, 1].map((value) => brokenConstraint(none, none.witness([value])))).toEqual([undefined, 0]);
  });
});

describe('isZero', () => {
  const system = new ConstraintSystem(1);
  const zero = isZero(system, wire(1));

  it.each([0, 1, 2, -1, 255, 2 ** 40 + 1])('of %d has one answer', (value) => {
    const answer = value === 0 ? 1n : 0n;
    expect(Array.from(solutions(system, known(value)), (found) => found.get(zero))).toEqual([answer]);
    const witness = system.witness([value]);
    expect(brokenConstraint(system, witness)).toBeUndefined();
    for (const other of [1n - answer, 2n, FIELD_ORDER - 1n]) {
      witness.set(zero, other);
      expect(brokenConstraint(system, witness)).toBeDefined();
    }
  });
});
