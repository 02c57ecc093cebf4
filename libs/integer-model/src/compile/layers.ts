import { ELEMENTS_MAX, SCALE_LOG2_MAX, SUM_BITS, TERMS_MAX, WIRES_MAX } from '../limits.js';
import type { IntegerLayer, IntegerRows, Requantisation } from '../model/integer-model.js';
import { sumIntervals } from '../model/intervals.js';
import { clamp, roundHalfEven } from '../model/rounding.js';
import { requantised } from '../model/run.js';
import { AffineSums, wireAffine, type Affine } from './affine.js';
import type { Compilation, StatedScale } from './compilation.js';
import { integerRows, type ScaledRows } from './integer-rows.js';
import { ceilLog2 } from './powers.js';
import { unsupported } from './unsupported.js';
import { isNothing, plainSums, type Activation, type Sums } from './value.js';

/** Bits of an activation; its scale is chosen so that the samples fill them. */
const UNSIGNED = [0, 255] as const;
const SIGNED = [-128, 127] as const;
/** Most bits of the factor that a slope below zero becomes where it is exact, and of one that is rounded. */
const EXACT_SLOPE_BITS = 12;
const ROUNDED_SLOPE_BITS = 8;

/** The wires of a model that is being compiled, with their bounds and their values for each sample. */
export class Layers implements Compilation {
  readonly sums = new AffineSums(WIRES_MAX);
  readonly layers: IntegerLayer[] = [];
  private readonly bounds = { lowest: [] as number[], highest: [] as number[] };
  private readonly samples: Float64Array[] = [];
  /** The wires of activations that several nodes take; a reshaped value has the same activation. */
  private readonly settled = new Map<Activation, readonly Affine[]>();
  private sampleCount = 0;
  private terms = 0;
  private elements = 0;

  claim(where: string, elements: number): void {
    this.elements += elements;
    if (this.elements > ELEMENTS_MAX)
      throw unsupported(where, `brings the elements of all tensors above ${ELEMENTS_MAX}`);
  }

  /** @param activations scales of all layers, where they are given and not chosen by samples */
  constructor(private readonly activations?: readonly number[]) {}

  /** A wire of an input: its bounds, and its value for each sample. */
  input(lowest: number, highest: number, samples: Float64Array): number {
    this.sampleCount = samples.length;
    return this.wire(lowest, highest, samples);
  }

  settle(name: string, value: Sums): Sums {
    if (isNothing(value.activation)) return value;
    const sums = this.settled.get(value.activation) ?? this.layer(name, value).sums;
    this.settled.set(value.activation, sums);
    return plainSums(value.shape, sums);
  }

  layer(name: string, value: Sums, stated?: StatedScale): Sums {
    if (stated !== undefined && this.isHeld(value, stated)) return value;
    const { activation } = value;
    this.requireRoom(name, value.sums.length);
    const scaleLog2 = stated?.scaleLog2 ?? this.givenScale(name) ?? this.chosenScale(value);
    const { rows, scaleLog2: own } = this.rows(name, value.sums, scaleLog2);
    const bounds = stated === undefined ? this.chosenBounds(value) : heldBy(stated);
    const requantise: Requantisation = {
      shift: scaleLog2 - own,
      lower: clamp(roundHalfEven(activation.lower / 2 ** scaleLog2), ...bounds),
      upper: clamp(roundHalfEven(activation.upper / 2 ** scaleLog2), ...bounds),
      ...leakOf(activation),
    };
    this.layers.push({ name, scaleLog2, rows, requantise });
    const { lowest, highest } = sumIntervals(rows, this.bounds);
    const results = this.sampled(rows).map((samples, row) => {
      const of = (sum: number): number => requantised(sum, requantise);
      const wire = this.wire(of(lowest[row] as number), of(highest[row] as number), samples.map(of));
      return wireAffine(wire, 2 ** scaleLog2);
    });
    return plainSums(value.shape, results);
  }

  /** Whole numbers for sums, checked to stay within the bits of a sum whatever the inputs. */
  rows(name: string, sums: readonly Affine[], coarsest?: number): ScaledRows {
    const scaled = integerRows(name, sums, coarsest);
    this.terms += scaled.rows.weights.length;
    if (this.terms > TERMS_MAX)
      throw unsupported(name, `brings the products of the model above ${TERMS_MAX}`);
    const { lowest, highest } = sumIntervals(scaled.rows, this.bounds);
    const most = Math.max(
      ...[lowest, highest].map((bounds) => bounds.reduce((all, x) => Math.max(all, Math.abs(x)), 0)),
    );
    if (most >= 2 ** (SUM_BITS - 1))
      throw unsupported(
        name,
        `has sums that may reach ${most}, beyond ${SUM_BITS} bits; make its layer smaller`,
      );
    return scaled;
  }

  /** Whether each sum is one wire that has the stated scale and bounds already. */
  private isHeld({ sums, activation }: Sums, stated: StatedScale): boolean {
    const [least, most] = heldBy(stated);
    const factor = 2 ** stated.scaleLog2;
    const isWire = ({ bias, wires, factors }: Affine): boolean => {
      const wire = wires[0] as number;
      const isOne = bias === 0 && wires.length === 1 && factors[0] === factor;
      return (
        isOne &&
        (this.bounds.lowest[wire] as number) >= least &&
        (this.bounds.highest[wire] as number) <= most
      );
    };
    return isNothing(activation) && sums.every(isWire);
  }

  /** The scale that a descriptor states for the next layer. */
  private givenScale(name: string): number | undefined {
    if (this.activations === undefined) return undefined;
    const given = this.activations[this.layers.length];
    if (given === undefined) throw unsupported(name, 'is a layer more than its descriptor has scales for');
    return given;
  }

  /** The finest scale at which no sample is cut off. */
  private chosenScale(value: Sums): number {
    const [least, most] = this.chosenBounds(value);
    let needed = 0;
    for (const sum of value.sums)
      for (const sample of this.floats(sum)) {
        const result = activated(sample, value.activation);
        if (result !== 0) needed = Math.max(needed, result > 0 ? result / most : result / least);
      }
    if (!(needed > 0 && needed < Infinity)) return 0;
    return clamp(ceilLog2(needed), -SCALE_LOG2_MAX, SCALE_LOG2_MAX);
  }

  private chosenBounds({ activation, sums }: Sums): readonly [number, number] {
    const isUnsigned = activation.lower >= 0 || sums.every((sum) => this.leastOf(sum) >= 0);
    return isUnsigned ? UNSIGNED : SIGNED;
  }

  private leastOf({ bias, wires, factors }: Affine): number {
    return wires.reduce((all, wire, at) => {
      const factor = factors[at] as number;
      return all + factor * ((factor > 0 ? this.bounds.lowest : this.bounds.highest)[wire] as number);
    }, bias);
  }

  /** What a sum is for each sample. */
  private floats({ bias, wires, factors }: Affine): Float64Array {
    const values = new Float64Array(this.sampleCount).fill(bias);
    wires.forEach((wire, at) =>
      addMultiple(values, this.samples[wire] as Float64Array, factors[at] as number),
    );
    return values;
  }

  private sampled({ offsets, wires, weights, biases }: IntegerRows): Float64Array[] {
    return Array.from({ length: biases.length }, (_, row) => {
      const values = new Float64Array(this.sampleCount).fill(biases[row] as number);
      for (let at = offsets[row] as number; at < (offsets[row + 1] as number); at += 1)
        addMultiple(values, this.samples[wires[at] as number] as Float64Array, weights[at] as number);
      return values;
    });
  }

  /** @throws AppError `model-invalid` where so many more wires are too many */
  requireRoom(name: string, count: number): void {
    if (this.samples.length + count > WIRES_MAX)
      throw unsupported(name, `brings inputs and activations above ${WIRES_MAX}`);
  }

  private wire(lowest: number, highest: number, samples: Float64Array): number {
    this.bounds.lowest.push(lowest);
    this.bounds.highest.push(highest);
    return this.samples.push(samples) - 1;
  }
}

function addMultiple(to: Float64Array, values: Float64Array, factor: number): void {
  for (let index = 0; index < to.length; index += 1)
    to[index] = (to[index] as number) + factor * (values[index] as number);
}

const heldBy = ({ least, most, zeroPoint }: StatedScale): readonly [number, number] => [
  least - zeroPoint,
  most - zeroPoint,
];

const activated = (sum: number, { lower, upper, slope }: Activation): number =>
  clamp(sum < 0 ? sum * slope : sum, lower, upper);

function leakOf({ slope }: Activation): Pick<Requantisation, 'leak'> {
  if (slope === 1) return {};
  for (let shift = 0; shift <= EXACT_SLOPE_BITS; shift += 1)
    if (Number.isInteger(slope * 2 ** shift)) return { leak: { factor: slope * 2 ** shift, shift } };
  const shift = ROUNDED_SLOPE_BITS;
  return { leak: { factor: roundHalfEven(slope * 2 ** shift), shift } };
}
