import { elementsOf } from '../../model/integer-model.js';
import type { Affine } from '../affine.js';
import { type NodeReader, type Operator } from '../compilation.js';
import { plainSums, type Constant } from '../value.js';

/** y = alpha · A · B + beta · C with B constant (ONNX Gemm). */
export const gemm: Operator = (node, { sums }) => {
  if (node.int('transA', 0) !== 0) node.refuse('has transA; transpose the weights instead');
  const left = node.plain(0);
  const weights = node.constant(1);
  const isTransposed = node.int('transB', 0) !== 0;
  const [rows, columns] = matrix(node, weights);
  const [inner, outer] = isTransposed ? [columns, rows] : [rows, columns];
  const alpha = node.float('alpha', 1);
  const beta = node.float('beta', 1);
  const [count, width] = left.shape;
  if (left.shape.length !== 2 || width !== inner)
    node.refuse(`multiplies [${left.shape}] by [${weights.shape}]`);
  const weight = (from: number, to: number): number =>
    alpha * (weights.data[isTransposed ? to * inner + from : from * outer + to] as number);
  const shape = node.shape([count as number, outer]);
  const bias = node.has(2) ? biasOf(node, node.constant(2), shape) : () => 0;
  const result: Affine[] = [];
  for (let row = 0; row < (count as number); row += 1)
    for (let to = 0; to < outer; to += 1) {
      for (let from = 0; from < inner; from += 1)
        sums.add(left.sums[row * inner + from] as Affine, weight(from, to));
      result.push(sums.take(beta * bias(row, to)));
    }
  return plainSums(shape, result);
};

/** A · B with B a constant matrix (ONNX MatMul). */
export const matMul: Operator = (node, { sums }) => {
  const left = node.plain(0);
  const weights = node.constant(1);
  const [inner, outer] = matrix(node, weights);
  if (left.shape.at(-1) !== inner) node.refuse(`multiplies [${left.shape}] by [${weights.shape}]`);
  const shape = node.shape([...left.shape.slice(0, -1), outer]);
  const result: Affine[] = [];
  for (let row = 0; row < left.sums.length / inner; row += 1)
    for (let to = 0; to < outer; to += 1) {
      for (let from = 0; from < inner; from += 1)
        sums.add(left.sums[row * inner + from] as Affine, weights.data[from * outer + to] as number);
      result.push(sums.take());
    }
  return plainSums(shape, result);
};

/** (x − mean) / sqrt(variance + epsilon) · scale + bias over the channels of axis 1 (ONNX BatchNormalization). */
export const batchNormalization: Operator = (node, { sums }) => {
  const value = node.plain(0);
  const [scale, bias, mean, variance] = [1, 2, 3, 4].map((index) => node.constant(index).data) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  if (node.int('training_mode', 0) !== 0) node.refuse('is in training mode; export the model for inference');
  const epsilon = node.float('epsilon', 1e-5);
  const channels = value.shape[1] ?? node.refuse('has no channels');
  if ([scale, bias, mean, variance].some(({ length }) => length !== channels))
    node.refuse(`has not ${channels} constants for its ${channels} channels`);
  const inner = elementsOf(value.shape.slice(2));
  const shape = node.shape(value.shape);
  const result = value.sums.map((sum, at) => {
    const channel = Math.floor(at / inner) % channels;
    const factor = (scale[channel] as number) / Math.sqrt((variance[channel] as number) + epsilon);
    return sums.scaled(sum, factor, (bias[channel] as number) - factor * (mean[channel] as number));
  });
  return plainSums(shape, result);
};

function matrix(node: NodeReader, { shape }: Constant): readonly [number, number] {
  const [rows, columns] = shape;
  if (shape.length !== 2 || rows === undefined || columns === undefined)
    return node.refuse(`has weights of the shape [${shape}], not a matrix`);
  return [rows, columns];
}

/** The constant of a row and a column, of which it may have one for all. */
function biasOf(
  node: NodeReader,
  { shape, data }: Constant,
  [rows, columns]: readonly number[],
): (row: number, column: number) => number {
  const [height, width] = [shape.at(-2) ?? 1, shape.at(-1) ?? 1];
  if (shape.length > 2 || (height !== 1 && height !== rows) || (width !== 1 && width !== columns))
    node.refuse(`has a bias of the shape [${shape}] for [${rows},${columns}]`);
  return (row, column) => data[(height === 1 ? 0 : row * width) + (width === 1 ? 0 : column)] as number;
}
