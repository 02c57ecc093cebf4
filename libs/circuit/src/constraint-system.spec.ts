import { describe, expect, it } from '@jest/globals';
import { brokenConstraint } from './check.js';
import { ConstraintSystem, CONSTRAINTS_MAX } from './constraint-system.js';
import { FIELD_ORDER } from './field.js';
import { number, plus, times, wire } from './linear-combination.js';

describe('ConstraintSystem', () => {
  it('gives private wires their values in the order in which they were made', () => {
    const system = new ConstraintSystem(2);
    const first = system.allocate(2, (witness) => {
      witness.set(first, 3);
      witness.set(first + 1, -4);
    });
    const second = system.allocate(1, (witness) => witness.set(second, 10n * witness.element(first)));
    expect([first, second, system.wireCount]).toEqual([3, 5, 6]);
    const witness = system.witness([7, -8n]);
    expect(Array.from({ length: witness.length }, (_, at) => witness.element(at))).toEqual([
      ...[1n, 7n, FIELD_ORDER - 8n, 3n, FIELD_ORDER - 4n, 30n],
    ]);
  });

  it('keeps no term of the factor 0', () => {
    const system = new ConstraintSystem(1);
    system.require(times(wire(1), 0), plus(number(0), wire(1)), number(0));
    expect([system.a.wires, system.b.wires, system.c.wires]).toEqual([[], [1], []]);
  });

  it('takes so many constraints and no more', () => {
    const system = new ConstraintSystem(0);
    const one = number(1);
    for (let count = 0; count < CONSTRAINTS_MAX; count += 1) system.require(one, one, one);
    expect(system.constraintCount).toBe(CONSTRAINTS_MAX);
    expect(() => system.require(one, one, one)).toThrow(RangeError);
    expect(system.constraintCount).toBe(CONSTRAINTS_MAX);
  });
});

describe('brokenConstraint', () => {
  it('names the first that is broken', () => {
    const system = new ConstraintSystem(1);
    system.require(wire(1), number(1), wire(1));
    system.require(wire(1), wire(1), number(9));
    system.require(wire(1), number(1), number(4));
    expect([3, 4, 5, -3].map((value) => brokenConstraint(system, system.witness([value])))).toEqual([
      2, 1, 1, 2,
    ]);
  });

  it('adds terms exactly that numbers do not hold', () => {
    const system = new ConstraintSystem(3);
    const large = 2 ** 50 + 1;
    system.require(
      {
        constant: 1,
        terms: [
          [1, large],
          [2, large],
          [3, -large],
        ],
      },
      number(1),
      number(0),
    );
    const fits = (values: (number | bigint)[]) =>
      brokenConstraint(system, system.witness(values)) === undefined;
    expect(fits([2 ** 20 + 1, -(2 ** 20), 0])).toBe(false);
    const exact = BigInt(large) * (2n ** 20n + 1n) + 1n;
    const last = new ConstraintSystem(2);
    last.require({ constant: 1, terms: [[1, large]] }, number(1), wire(2));
    expect(brokenConstraint(last, last.witness([2 ** 20 + 1, exact]))).toBeUndefined();
    expect(brokenConstraint(last, last.witness([2 ** 20 + 1, exact + 1n]))).toBe(0);
  });

  it('counts modulo the order of the field', () => {
    const system = new ConstraintSystem(2);
    system.require(wire(1), wire(2), number(1));
    const half = (FIELD_ORDER + 1n) / 2n;
    expect(brokenConstraint(system, system.witness([2, half]))).toBeUndefined();
    expect(brokenConstraint(system, system.witness([half, half]))).toBe(0);
  });
});
