import {
  elementsOf,
  RANGES,
  rowCount,
  type IntegerModel,
  type IntegerRows,
  type Requantisation,
} from './integer-model.js';
import { clamp, roundHalfEven } from './rounding.js';

/** All wires of one run, and the outputs in their order. */
export interface IntegerRun {
  /** Inputs without their zero points, then the results of each layer. */
  readonly wires: Float64Array;
  readonly outputs: readonly Int32Array[];
}

/** Wires of a model: elements of all inputs and results of all layers. */
export const wireCount = ({ inputs, layers }: IntegerModel): number =>
  inputs.reduce((all, { shape }) => all + elementsOf(shape), 0) +
  layers.reduce((all, { rows }) => all + rowCount(rows), 0);

/**
 * Runs a model on whole numbers, each within the range of its input's datatype. The same numbers give the same result on
 * every machine: all sums are exact.
 *
 * @param inputs elements in the order of the model's inputs, row-major
 * @throws RangeError for inputs of another number or size, and for an element that its datatype does not hold
 */
export function runIntegerModel(model: IntegerModel, inputs: readonly ArrayLike<number>[]): IntegerRun {
  const wires = new Float64Array(wireCount(model));
  let next = 0;
  model.inputs.forEach(({ name, shape, datatype, zeroPoint }, index) => {
    const values = inputs[index];
    if (values?.length !== elementsOf(shape))
      throw new RangeError(`The input ${name} has not the ${elementsOf(shape)} elements of its shape.`);
    const [least, most] = RANGES[datatype];
    for (let at = 0; at < values.length; at += 1) {
      const value = values[at] as number;
      if (!Number.isInteger(value) || value < least || value > most)
        throw new RangeError(`The element ${at} of the input ${name} is no ${datatype}.`);
      wires[next++] = value - zeroPoint;
    }
  });
  for (const { rows, requantise } of model.layers)
    for (let row = 0; row < rowCount(rows); row += 1)
      wires[next++] = requantised(sumOf(rows, row, wires), requantise);
  const outputs = model.outputs.map(({ rows }) =>
    Int32Array.from({ length: rowCount(rows) }, (_, row) => sumOf(rows, row, wires)),
  );
  return { wires, outputs };
}

/** The sum of one row; exact, since it lies within 32 bits. */
export function sumOf(
  { offsets, wires, weights, biases }: IntegerRows,
  row: number,
  values: Float64Array,
): number {
  let sum = biases[row] as number;
  const end = offsets[row + 1] as number;
  for (let at = offsets[row] as number; at < end; at += 1)
    sum += (weights[at] as number) * (values[wires[at] as number] as number);
  return sum;
}

/** The activation of a sum; of two sums, the greater never has the smaller one. */
export function requantised(sum: number, { shift, lower, upper, leak }: Requantisation): number {
  if (leak === undefined) return clamp(roundHalfEven(sum / 2 ** shift), lower, upper);
  const scaled = sum < 0 ? sum * leak.factor : sum * 2 ** leak.shift;
  // + 0 makes 0 of the −0 that a factor of 0 gives.
  return clamp(roundHalfEven(scaled / 2 ** (shift + leak.shift)), lower, upper) + 0;
}
