import { elementsOf, RANGES, rowCount, type IntegerModel, type IntegerRows } from './integer-model.js';
import { requantised } from './run.js';

/** The least and the greatest value that something can take. */
export interface Intervals {
  readonly lowest: Float64Array;
  readonly highest: Float64Array;
}

/** Bounds of all wires, and of the sums of each layer and each output, over all inputs of their datatypes. */
export interface ModelIntervals {
  readonly wires: Intervals;
  readonly layers: readonly Intervals[];
  readonly outputs: readonly Intervals[];
}

/** Static interval analysis: what no input of the declared datatypes can leave. */
export function intervalsOf(model: IntegerModel): ModelIntervals {
  const lowest: number[] = [];
  const highest: number[] = [];
  for (const { shape, datatype, zeroPoint } of model.inputs) {
    const [least, most] = RANGES[datatype];
    for (let count = elementsOf(shape); count > 0; count -= 1) {
      lowest.push(least - zeroPoint);
      highest.push(most - zeroPoint);
    }
  }
  const layers = model.layers.map(({ rows, requantise }) => {
    const sums = sumIntervals(rows, { lowest, highest });
    for (const sum of sums.lowest) lowest.push(requantised(sum, requantise));
    for (const sum of sums.highest) highest.push(requantised(sum, requantise));
    return sums;
  });
  const wires = { lowest: Float64Array.from(lowest), highest: Float64Array.from(highest) };
  return { wires, layers, outputs: model.outputs.map(({ rows }) => sumIntervals(rows, wires)) };
}

/** Bounds of the sums of rows by those of the wires. */
export function sumIntervals(
  rows: IntegerRows,
  wires: { readonly lowest: ArrayLike<number>; readonly highest: ArrayLike<number> },
): Intervals {
  const lowest = Float64Array.from(rows.biases);
  const highest = Float64Array.from(rows.biases);
  for (let row = 0; row < rowCount(rows); row += 1) {
    const end = rows.offsets[row + 1] as number;
    for (let at = rows.offsets[row] as number; at < end; at += 1) {
      const weight = rows.weights[at] as number;
      const wire = rows.wires[at] as number;
      const low = (weight > 0 ? wires.lowest : wires.highest)[wire] as number;
      const high = (weight > 0 ? wires.highest : wires.lowest)[wire] as number;
      lowest[row] = (lowest[row] as number) + weight * low;
      highest[row] = (highest[row] as number) + weight * high;
    }
  }
  return { lowest, highest };
}
