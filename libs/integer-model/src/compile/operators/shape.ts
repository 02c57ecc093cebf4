import type { NodeReader, Operator } from '../compilation.js';
import { constantOf, type Constant, type Sums } from '../value.js';

/** Gives the elements of a value another shape; what is left to do with them stays left to do. */
const reshaped = (value: Constant | Sums, shape: readonly number[]): Constant | Sums => ({ ...value, shape });

/** The input itself (ONNX Identity, and Dropout of an inference). */
export const identity: Operator = (node) => node.value(0);

/** What stands in the node itself (ONNX Constant). */
export const constant: Operator = (node) => {
  const { attributes } = node.node;
  const tensor = attributes.get('value');
  if (tensor?.kind === 'tensor') return constantOf(tensor.value);
  for (const [name, isList] of [
    ['value_float', false],
    ['value_int', false],
    ['value_floats', true],
    ['value_ints', true],
  ] as const) {
    const attribute = attributes.get(name);
    if (attribute === undefined) continue;
    const data = Float64Array.from([attribute.kind === 'other' ? [] : attribute.value].flat() as number[]);
    return constantOf({ shape: isList ? [data.length] : [], data });
  }
  return node.refuse('holds what is no tensor of numbers');
};

/** A matrix of all axes before and from `axis` on (ONNX Flatten). */
export const flatten: Operator = (node) => {
  const value = node.value(0);
  const axis = axisOf(node, node.int('axis', 1), value.shape.length + 1);
  const product = (sizes: readonly number[]): number => sizes.reduce((all, size) => all * size, 1);
  return reshaped(value, [product(value.shape.slice(0, axis)), product(value.shape.slice(axis))]);
};

/** Another shape of as many elements; 0 keeps a size, −1 takes the rest (ONNX Reshape). */
export const reshape: Operator = (node) => {
  const value = node.value(0);
  const wanted = Array.from(node.constant(1).data);
  if (node.int('allowzero', 0) !== 0) node.refuse('has allowzero');
  const sizes = wanted.map((size, axis) => (size === 0 ? (value.shape[axis] ?? 1) : size));
  const known = sizes.filter((size) => size !== -1).reduce((all, size) => all * size, 1);
  const count = value.shape.reduce((all, size) => all * size, 1);
  const shape = sizes.map((size) => (size === -1 ? count / known : size));
  if (
    shape.some((size) => !Number.isInteger(size) || size < 0) ||
    shape.reduce((all, size) => all * size, 1) !== count
  )
    node.refuse(`makes the shape [${wanted}] of [${value.shape}]`);
  return reshaped(value, shape);
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
  const sizes = [...value.shape];
  return reshaped(
    value,
    Array.from({ length: rank }, (_, axis) => (axes.has(axis) ? 1 : (sizes.shift() ?? 1))),
  );
};

function axesOf(node: NodeReader, otherwise: readonly number[], rank: number): number[] {
  const stated = node.has(1) ? Array.from(node.constant(1).data) : node.ints('axes', otherwise);
  return stated.map((axis) => axisOf(node, axis, rank));
}

/** An axis counted from the front; from the end it is counted below zero. */
function axisOf(node: NodeReader, axis: number, rank: number): number {
  const index = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(index) || index < 0 || index >= rank)
    node.refuse(`names the axis ${axis} of ${rank}`);
  return index;
}
