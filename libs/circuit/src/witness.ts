import { toField } from './field.js';

/** The values of all wires. Nearly all are small; the few that are not are kept apart. */
export class Witness {
  /** Whole numbers with a sign below 2^53; 0 where the value is in `large`. */
  readonly small: Float64Array;
  readonly large = new Map<number, bigint>();

  constructor(wires: number) {
    this.small = new Float64Array(wires);
  }

  get length(): number {
    return this.small.length;
  }

  set(wire: number, value: number | bigint): void {
    if (typeof value === 'number') this.small[wire] = value;
    else this.large.set(wire, toField(value));
  }

  /** The element of the field that a wire carries. */
  element(wire: number): bigint {
    return this.large.get(wire) ?? toField(this.small[wire] as number);
  }
}
