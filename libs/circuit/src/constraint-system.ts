import { ONE, type LinearCombination } from './linear-combination.js';
import { Witness } from './witness.js';

/** Most constraints of a circuit: one below the largest domain that the files and provers here are made for. */
export const CONSTRAINTS_MAX = 1_048_575;

/** Sums of multiples of wires, one after the other: the terms of row i are `offsets[i]` to `offsets[i + 1] - 1`. */
export interface Rows {
  readonly offsets: readonly number[];
  readonly wires: readonly number[];
  readonly factors: readonly number[];
}

/** Gives the values of wires that were made together, from values that stand there already. */
type Assign = (witness: Witness) => void;

/** Rank-1 constraints (A · w) · (B · w) = C · w over wires, and how each wire gets its value. */
export class ConstraintSystem {
  readonly a = new GrowingRows();
  readonly b = new GrowingRows();
  readonly c = new GrowingRows();
  private readonly assignments: Assign[] = [];
  private wires: number;

  /** @param publicCount wires that everybody sees: 1 to `publicCount` */
  constructor(readonly publicCount: number) {
    this.wires = 1 + publicCount;
  }

  get wireCount(): number {
    return this.wires;
  }

  get constraintCount(): number {
    return this.a.count;
  }

  /** Makes private wires, counted from the one that is returned, and says how they get their values. */
  allocate(count: number, assign: Assign): number {
    const first = this.wires;
    this.wires += count;
    this.assignments.push(assign);
    return first;
  }

  /** Requires a · b = c. @throws RangeError beyond CONSTRAINTS_MAX */
  require(a: LinearCombination, b: LinearCombination, c: LinearCombination): void {
    if (this.constraintCount >= CONSTRAINTS_MAX)
      throw new RangeError(`The circuit has more than ${CONSTRAINTS_MAX} constraints.`);
    this.a.push(a);
    this.b.push(b);
    this.c.push(c);
  }

  /** All wires by the public ones. */
  witness(publicSignals: readonly (number | bigint)[]): Witness {
    const witness = new Witness(this.wires);
    witness.set(ONE, 1);
    publicSignals.forEach((value, index) => witness.set(1 + index, value));
    for (const assign of this.assignments) assign(witness);
    return witness;
  }
}

class GrowingRows implements Rows {
  readonly offsets = [0];
  readonly wires: number[] = [];
  readonly factors: number[] = [];

  get count(): number {
    return this.offsets.length - 1;
  }

  push({ constant, terms }: LinearCombination): void {
    if (constant !== 0) this.term(ONE, constant);
    for (const [index, factor] of terms) if (factor !== 0) this.term(index, factor);
    this.offsets.push(this.wires.length);
  }

  private term(index: number, factor: number): void {
    this.wires.push(index);
    this.factors.push(factor);
  }
}
