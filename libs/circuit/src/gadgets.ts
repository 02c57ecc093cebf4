import type { ConstraintSystem } from './constraint-system.js';
import { inverse } from './field.js';
import { number, plus, valueOf, weighted, wire, type LinearCombination } from './linear-combination.js';

/** a · b as a wire of its own. */
export function product(system: ConstraintSystem, a: LinearCombination, b: LinearCombination): number {
  const result = system.allocate(1, (witness) =>
    witness.set(result, valueOf(a, witness.small) * valueOf(b, witness.small)),
  );
  system.require(a, b, wire(result));
  return result;
}

/** A combination as a wire of its own, so that what follows has one term for it. */
export const named = (system: ConstraintSystem, value: LinearCombination): number =>
  product(system, value, number(1));

/**
 * The bits of a combination, the lowest first. That 0 ≤ value < 2^count holds for every witness is part of what is proved,
 * as long as 2^count is far below the order of the field.
 */
export function bitsOf(system: ConstraintSystem, value: LinearCombination, count: number): readonly number[] {
  const first = system.allocate(count, (witness) => {
    let rest = valueOf(value, witness.small);
    for (let place = 0; place < count; place += 1) {
      const bit = rest % 2;
      witness.set(first + place, bit);
      rest = (rest - bit) / 2;
    }
  });
  const bits = Array.from({ length: count }, (_, place) => first + place);
  for (const bit of bits) system.require(wire(bit), plus(wire(bit), number(-1)), number(0));
  system.require(value, number(1), weighted(bits));
  return bits;
}

/** 1 where a combination is 0, otherwise 0. The combination must lie between 0 and the order of the field. */
export function isZero(system: ConstraintSystem, value: LinearCombination): number {
  const zero = system.allocate(2, (witness) => {
    const small = valueOf(value, witness.small);
    witness.set(zero, small === 0 ? 1 : 0);
    if (small !== 0) witness.set(zero + 1, inverse(small));
  });
  // value · inverse = 1 − zero leaves zero = 1 for 0; value · zero = 0 leaves zero = 0 for all else.
  system.require(value, wire(zero + 1), plus(number(1), wire(zero), -1));
  system.require(value, wire(zero), number(0));
  return zero;
}
