import { ADDITIONS_MAX } from '../limits.js';
import { unsupported } from './unsupported.js';

/** A sum over wires with a constant: Σ factor · wire + bias, in binary64. */
export interface Affine {
  readonly bias: number;
  readonly wires: Uint32Array;
  readonly factors: Float64Array;
}

const NO_WIRES = new Uint32Array();
const NO_FACTORS = new Float64Array();

/** A constant without wires. */
export const constantAffine = (bias: number): Affine => ({ bias, wires: NO_WIRES, factors: NO_FACTORS });

/** One wire, worth `factor` for each unit. */
export const wireAffine = (wire: number, factor: number): Affine => ({
  bias: 0,
  wires: Uint32Array.of(wire),
  factors: Float64Array.of(factor),
});

/** Adds up multiples of sums; one of these serves a whole compilation, since its memory is as wide as the wires. */
export class AffineSums {
  private readonly factors: Float64Array;
  private readonly isTouched: Uint8Array;
  private touched: number[] = [];
  private bias = 0;
  private additions = 0;

  constructor(wires: number) {
    this.factors = new Float64Array(wires);
    this.isTouched = new Uint8Array(wires);
  }

  /** Adds `times` of a sum. @throws AppError `model-invalid` beyond ADDITIONS_MAX */
  add(sum: Affine, times: number): void {
    this.count(sum);
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

  /** One sum times a factor, plus a constant. @throws AppError `model-invalid` beyond ADDITIONS_MAX */
  scaled(sum: Affine, times: number, constant = 0): Affine {
    this.count(sum);
    const bias = sum.bias * times + constant;
    if (times === 0) return constantAffine(bias);
    return { bias, wires: sum.wires, factors: sum.factors.map((factor) => factor * times) };
  }

  /** Without a bound, a small file could keep a service busy for hours. */
  private count({ wires }: Affine): void {
    this.additions += 1 + wires.length;
    if (this.additions > ADDITIONS_MAX)
      throw unsupported('the graph', `needs more than ${ADDITIONS_MAX} additions to be put together`);
  }
}
