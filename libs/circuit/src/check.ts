import type { ConstraintSystem, Rows } from './constraint-system.js';
import { FIELD_ORDER, toField } from './field.js';
import type { Witness } from './witness.js';

/**
 * The first constraint that a witness breaks; undefined where it satisfies all. It is asked before any prover sees the
 * witness, because what a prover makes of a false one is a proof that does not verify.
 */
export function brokenConstraint(system: ConstraintSystem, witness: Witness): number | undefined {
  for (let row = 0; row < system.constraintCount; row += 1) {
    const [a, b, c] = [system.a, system.b, system.c].map((rows) => product(rows, row, witness)) as [
      bigint,
      bigint,
      bigint,
    ];
    if ((a * b - c) % FIELD_ORDER !== 0n) return row;
  }
  return undefined;
}

/** Small terms are added as numbers while the sum stays exact. */
function product({ offsets, wires, factors }: Rows, row: number, { small, large }: Witness): bigint {
  let exact = 0n;
  let sum = 0;
  for (let at = offsets[row] as number; at < (offsets[row + 1] as number); at += 1) {
    const wire = wires[at] as number;
    const factor = factors[at] as number;
    const value = large.get(wire);
    const term = value === undefined ? factor * (small[wire] as number) : 0;
    if (value !== undefined) exact += BigInt(factor) * value;
    if (Number.isSafeInteger(sum + term)) sum += term;
    else exact += BigInt(factor) * BigInt(small[wire] as number);
  }
  return toField(exact + BigInt(sum));
}
