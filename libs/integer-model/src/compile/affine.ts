/** A sum over wires with a constant: Σ factor · wire + bias, in binary64. */
export interface Affine {
  readonly bias: number;
  readonly wires: Uint32Array;
  readonly factors: Float64Array;
}

/** A constant without wires. */
export const constantAffine = (bias: number): Affine => ({
  bias,
  wires: new Uint32Array(),
  factors: new Float64Array(),
});

/** One wire, worth `factor` for each unit. */
export const wireAffine = (wire: number, factor: number, bias = 0): Affine => ({
  bias,
  wires: Uint32Array.of(wire),
  factors: Float64Array.of(factor),
});

/** Adds up multiples of sums; one of these serves a whole compilation, since its memory is as wide as the wires. */
export class AffineSums {
  private readonly factors: Float64Array;
  private readonly isTouched: Uint8Array;
  private touched: number[] = [];
  private bias = 0;

  constructor(wires: number) {
    this.factors = new Float64Array(wires);
    this.isTouched = new Uint8Array(wires);
  }

  /** Adds `times` of a sum. */
  add(sum: Affine, times: number): void {
    if (times === 0) return;
    this.bias += times * sum.bias;
    for (let at = 0; at < sum.wires.length; at += 1) {
      const wire = sum.wires[at] as number;
      if (this.isTouched[wire] === 0) {
        this.isTouched[wire] = 1;
        this.touched.push(wire);
      }
      this.factors[wire] = (this.factors[wire] as number) + times * (sum.factors[at] as number);
    }
  }

  /** What was added since the last call, and a constant; wires in ascending order, without those that cancel out. */
  take(constant = 0): Affine {
    const wires = Uint32Array.from(this.touched)
      .sort()
      .filter((wire) => this.factors[wire] !== 0);
    const taken = {
      bias: this.bias + constant,
      wires,
      factors: Float64Array.from(wires, (wire) => this.factors[wire] as number),
    };
    for (const wire of this.touched) {
      this.factors[wire] = 0;
      this.isTouched[wire] = 0;
    }
    this.touched = [];
    this.bias = 0;
    return taken;
  }

  /** One sum times a factor, plus a constant. */
  scaled(sum: Affine, times: number, constant = 0): Affine {
    return {
      bias: sum.bias * times + constant,
      wires: times === 0 ? new Uint32Array() : sum.wires,
      factors: times === 0 ? new Float64Array() : sum.factors.map((factor) => factor * times),
    };
  }
}
