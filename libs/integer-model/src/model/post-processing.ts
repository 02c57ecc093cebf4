import type { PostProcessing } from './integer-model.js';

/**
 * What a verifier computes from proven numbers, along the last axis (ONNX Softmax, Sigmoid, ArgMax with the first of equal values).
 *
 * @param values row-major, already worth what they stand for
 * @param rowLength elements of the last axis
 * @returns as many values as came, for ArgMax one index for each row
 */
export function postProcessed(
  op: PostProcessing['op'],
  values: ArrayLike<number>,
  rowLength: number,
): Float64Array {
  const all = Float64Array.from(values);
  if (op === 'Sigmoid') return all.map((value) => 1 / (1 + Math.exp(-value)));
  const rows = Array.from({ length: all.length / rowLength }, (_, row) =>
    all.subarray(row * rowLength, (row + 1) * rowLength),
  );
  if (op === 'ArgMax') return Float64Array.from(rows, (row) => row.indexOf(Math.max(...row)));
  return Float64Array.from(rows.flatMap((row) => [...softmax(row)]));
}

/** Without overflow: the largest exponent is 0. */
function softmax(row: Float64Array): Float64Array {
  const largest = Math.max(...row);
  const powers = row.map((value) => Math.exp(value - largest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}
