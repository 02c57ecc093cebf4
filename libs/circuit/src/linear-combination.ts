/** The wire that is always 1. */
export const ONE = 0;

/** A sum of multiples of wires, and a constant; all factors are whole and below 2^53. */
export interface LinearCombination {
  readonly constant: number;
  readonly terms: readonly (readonly [wire: number, factor: number])[];
}

/** A number. */
export const number = (constant: number): LinearCombination => ({ constant, terms: [] });

/** One wire. */
export const wire = (index: number): LinearCombination => ({ constant: 0, terms: [[index, 1]] });

/** a + factor · b; wires may stand in it twice. */
export function plus(a: LinearCombination, b: LinearCombination, factor = 1): LinearCombination {
  return {
    constant: a.constant + factor * b.constant,
    terms: [...a.terms, ...b.terms.map(([index, own]) => [index, own * factor] as const)],
  };
}

/** factor · a. */
export const times = (a: LinearCombination, factor: number): LinearCombination => plus(number(0), a, factor);

/** Σ bits[i] · 2^i. */
export const weighted = (bits: readonly number[]): LinearCombination => ({
  constant: 0,
  terms: bits.map((bit, place) => [bit, 2 ** place] as const),
});

/** The value of a combination of small wires. */
export function valueOf({ constant, terms }: LinearCombination, values: ArrayLike<number>): number {
  return terms.reduce((sum, [index, factor]) => sum + factor * (values[index] as number), constant);
}
