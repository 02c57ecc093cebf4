import type { NodeReader, Operator } from '../compilation.js';
import { elementsOf } from '../../model/integer-model.js';
import { constantOf, type Constant, type Sums } from '../value.js';

/** Gives the elements of a value another shape; what is left to do with them stays left to do. */
const reshaped = (value: Constant | Sums, shape: readonly number[]): Constant | Sums => ({ ...value, shape });

/** The input itself (ONNX Identity). */
export const identity: Operator = (node) => node.value(0);

/** The input itself, as long as nothing is trained (ONNX Dropout). */
export const dropout: Operator = (node) => {
  if (node.has(2) && node.constant(2).data[0] !== 0)
    node.refuse('is in training mode; export the model for inference');
  return node.value(0);
};

/** What stands in the node itself (ONNX Constant). */
export const constant: Operator = (node) => {
  const { attributes } = node.node;
  const tensor = attributes.get('value');
  if (tensor?.kind === 'tensor') return constantOf(tensor.value);
  if (attributes.has('value_float')) return scalar(node.float('value_float', 0));
  if (attributes.has('value_int')) return scalar(node.int('value_int', 0));
  if (attributes.has('value_floats')) return list(node.floats('value_floats'));
  if (attributes.has('value_ints')) return list(node.ints('value_ints', []));
  return node.refuse('holds what is no tensor of numbers');
};

const scalar = (value: number): Constant => constantOf({ shape: [], data: Float64Array.of(value) });
const list = (values: readonly number[]): Constant =>
  constantOf({ shape: [values.length], data: Float64Array.from(values) });

/** A matrix of all axes before and from `axis` on (ONNX Flatten). */
export const flatten: Operator = (node) => {
  const value = node.value(0);
  const rank = value.shape.length;
  const stated = node.int('axis', 1);
  const axis = stated === rank ? rank : axisOf(node, stated, rank);
  return reshaped(value, [elementsOf(value.shape.slice(0, axis)), elementsOf(value.shape.slice(axis))]);
};

/** Another shape of as many elements; 0 keeps a size, −1 takes the rest (ONNX Reshape). */
export const reshape: Operator = (node) => {
  const value = node.value(0);
  const wanted = Array.from(node.constant(1).data);
  if (node.int('allowzero', 0) !== 0) node.refuse('has allowzero; state the sizes themselves');
  const sizes = wanted.map((size, axis) => (size === 0 ? (value.shape[axis] ?? 0) : size));
  const count = elementsOf(value.shape);
  const rest = count / elementsOf(sizes.filter((size) => size !== -1));
  const shape = sizes.map((size) => (size === -1 ? rest : size));
  const isSize = (size: number): boolean => Number.isInteger(size) && size > 0;
  if (!shape.every(isSize) || elementsOf(shape) !== count || sizes.indexOf(-1) !== sizes.lastIndexOf(-1))
    node.refuse(`makes the shape [${wanted}] of [${value.shape}]`);
  return reshaped(value, node.rank(shape));
};

/** Without axes of the size 1 (ONNX Squeeze). */
export const squeeze: Operator = (node) => {
  const value = node.value(0);
  const all = value.shape.flatMap((size, axis) => (size === 1 ? [axis] : []));
  const axes = new Set(axesOf(node, all, value.shape.length));
  if ([...axes].some((axis) => value.shape[axis] !== 1))
    node.refuse(`takes axes out of [${value.shape}] that are not 1`);
  return reshaped(
    value,
    value.shape.filter((_, axis) => !axes.has(axis)),
  );
};

/** With axes of the size 1 (ONNX Unsqueeze). */
export const unsqueeze: Operator = (node) => {
  const value = node.value(0);
  const count = node.has(1) ? node.constant(1).data.length : node.ints('axes', []).length;
  const rank = value.shape.length + count;
  const axes = new Set(axesOf(node, [], rank));
  if (axes.size < count) node.refuse('names an axis twice');
  const sizes = [...value.shape];
  const shape = Array.from({ length: rank }, (_, axis) => (axes.has(axis) ? 1 : (sizes.shift() as number)));
  return reshaped(value, node.rank(shape));
};

function axesOf(node: NodeReader, otherwise: readonly number[], rank: number): number[] {
  const stated = node.has(1) ? Array.from(node.constant(1).data) : node.ints('axes', otherwise);
  return stated.map((axis) => axisOf(node, axis, rank));
}

/** An axis counted from the front; from the end it is counted below zero. */
export function axisOf(node: NodeReader, axis: number, rank: number): number {
  const index = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(index) || index < 0 || index >= rank)
    node.refuse(`names the axis ${axis} of ${rank}`);
  return index;
}
