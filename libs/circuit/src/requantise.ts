import { requantised, type Requantisation } from '@touchstone/integer-model';
import type { ConstraintSystem } from './constraint-system.js';
import { bitsOf, isZero, named, product } from './gadgets.js';
import { number, plus, times, weighted, wire, type LinearCombination } from './linear-combination.js';

/** A sum with the bounds that no input can leave. */
export interface BoundedSum {
  readonly sum: LinearCombination;
  readonly lowest: number;
  readonly highest: number;
}

/** Bits of a whole number below 2^53; none of 0 and below. Logarithms round up near 2^48 and beyond. */
const bitLength = (value: number): number => (value <= 0 ? 0 : value.toString(2).length);

/**
 * The activation of a sum: a wire plus a constant, or a constant alone where the bounds leave nothing else. That covers every
 * shift from 32 on, since sums have 32 bits; of the others no number here reaches 2^53.
 */
export function requantise(
  system: ConstraintSystem,
  bounded: BoundedSum,
  how: Requantisation,
): LinearCombination {
  const least = requantised(bounded.lowest, how);
  if (least === requantised(bounded.highest, how)) return number(least);
  const { leak, shift, lower, upper } = how;
  if (leak === undefined || bounded.lowest >= 0) return heldDivision(system, bounded, shift, lower, upper);
  const leaking = leaked(system, bounded, leak);
  return heldDivision(system, leaking, shift + leak.shift, lower, upper);
}

/** sum · 2^shift, or sum · factor below zero. */
function leaked(
  system: ConstraintSystem,
  { sum, lowest, highest }: BoundedSum,
  { factor, shift }: { readonly factor: number; readonly shift: number },
): BoundedSum {
  const width = Math.max(bitLength(-lowest - 1), bitLength(highest));
  const bits = bitsOf(system, plus(sum, number(2 ** width)), width + 1);
  const isPositive = wire(bits[width] as number);
  const positive = wire(product(system, isPositive, sum));
  return {
    sum: plus(times(sum, factor), positive, 2 ** shift - factor),
    lowest: lowest * factor,
    highest: Math.max(highest, 0) * 2 ** shift,
  };
}

/**
 * clamp(round(sum / 2^shift), lower, upper), half to even. With t = sum + 2^(shift−1) − lower · 2^shift and its bits, the
 * bits from `shift` on are the rounded quotient less `lower`; the bits below are all zero exactly on a tie, where an odd
 * quotient goes down by one.
 */
function heldDivision(
  system: ConstraintSystem,
  { sum, lowest, highest }: BoundedSum,
  shift: number,
  lower: number,
  upper: number,
): LinearCombination {
  const unit = 2 ** shift;
  const offset = (shift > 0 ? unit / 2 : 0) - lower * unit;
  const [least, most] = [lowest + offset, highest + offset];
  const span = upper - lower;
  const isSigned = least < 0;
  const width = Math.max(bitLength(most), isSigned ? bitLength(-least - 1) : 0);
  const shifted = plus(sum, number(offset + (isSigned ? 2 ** width : 0)));
  const bits = bitsOf(system, shifted, width + (isSigned ? 1 : 0));
  const quotient = weighted(bits.slice(shift, width));
  const rounded = shift === 0 ? quotient : toEven(system, bits.slice(0, width), shift, lower, quotient);
  const capped = most >= (span + 1) * unit ? cap(system, bits.slice(shift, width), span, rounded) : rounded;
  const result = isSigned ? product(system, wire(bits[width] as number), capped) : named(system, capped);
  return plus(wire(result), number(lower));
}

/** The quotient, one less on a tie where quotient + lower is odd. */
function toEven(
  system: ConstraintSystem,
  bits: readonly number[],
  shift: number,
  lower: number,
  quotient: LinearCombination,
): LinearCombination {
  const isTie =
    shift === 1
      ? plus(number(1), wire(bits[0] as number), -1)
      : wire(isZero(system, weighted(bits.slice(0, shift))));
  // There is such a bit: where all quotients are 0, the activation is a constant.
  const parity = wire(bits[shift] as number);
  const isLowerOdd = lower % 2 !== 0;
  const isOdd = isLowerOdd ? plus(number(1), parity, -1) : parity;
  let down = product(system, isTie, isOdd);
  // At the lower bound itself there is nothing below.
  if (isLowerOdd) down = product(system, wire(down), plus(number(1), wire(isZero(system, quotient)), -1));
  return plus(quotient, wire(down), -1);
}

/** The value, or `span` where the quotient is above it. */
function cap(
  system: ConstraintSystem,
  quotientBits: readonly number[],
  span: number,
  value: LinearCombination,
): LinearCombination {
  const above = product(system, isAbove(system, quotientBits, span), plus(number(span), value, -1));
  return plus(value, wire(above));
}

/** 1 where a number in bits is greater than `bound`. */
function isAbove(system: ConstraintSystem, bits: readonly number[], bound: number): LinearCombination {
  const width = bitLength(bound);
  if (bound === 2 ** width - 1) {
    const high = bits.slice(width);
    const sum = { constant: 0, terms: high.map((bit) => [bit, 1] as const) };
    return plus(number(1), wire(isZero(system, sum)), -1);
  }
  const compared = plus(weighted(bits), number(2 ** bits.length - bound - 1));
  return wire(bitsOf(system, compared, bits.length + 1)[bits.length] as number);
}
