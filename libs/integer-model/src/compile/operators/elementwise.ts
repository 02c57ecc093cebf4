import { elementsOf } from '../../model/integer-model.js';
import { constantAffine, type Affine } from '../affine.js';
import type { NodeReader, Operator } from '../compilation.js';
import { plainSums, type Constant, type Sums } from '../value.js';

/** x + y, of which one may be a constant (ONNX Add). */
export const add: Operator = (node, { sums }) => {
  const { shape, pairs } = broadcast(node);
  return joined(
    shape,
    pairs.map(([left, right]) => {
      sums.add(left, 1);
      sums.add(right, 1);
      return sums.take();
    }),
  );
};

/** x − y (ONNX Sub). */
export const subtract: Operator = (node, { sums }) => {
  const { shape, pairs } = broadcast(node);
  return joined(
    shape,
    pairs.map(([left, right]) => {
      sums.add(left, 1);
      sums.add(right, -1);
      return sums.take();
    }),
  );
};

/** x · c with a constant (ONNX Mul). */
export const multiply: Operator = (node, { sums }) => {
  const { shape, pairs } = broadcast(node);
  return joined(
    shape,
    pairs.map(([left, right]) => {
      if (left.wires.length > 0 && right.wires.length > 0)
        node.refuse(
          'multiplies two values that are both computed from inputs; only a constant factor can be proved',
        );
      return right.wires.length === 0 ? sums.scaled(left, right.bias) : sums.scaled(right, left.bias);
    }),
  );
};

/** x / c with a constant (ONNX Div). */
export const divide: Operator = (node, { sums }) => {
  const { shape, pairs } = broadcast(node);
  return joined(
    shape,
    pairs.map(([left, right]) => {
      if (right.wires.length > 0 || right.bias === 0)
        node.refuse('divides by what is no constant other than 0');
      return sums.scaled(left, 1 / right.bias);
    }),
  );
};

/** Constants of constants are constants. */
function joined(shape: readonly number[], sums: readonly Affine[]): Constant | Sums {
  if (sums.some(({ wires }) => wires.length > 0)) return plainSums(shape, sums);
  return { kind: 'constant', shape, data: Float64Array.from(sums, ({ bias }) => bias) };
}

interface Broadcast {
  readonly shape: readonly number[];
  readonly pairs: readonly (readonly [Affine, Affine])[];
}

/** Both inputs, each element with its partner, by the rules of NumPy. */
function broadcast(node: NodeReader): Broadcast {
  const [left, right] = [node.value(0).shape, node.value(1).shape];
  const rank = Math.max(left.length, right.length);
  const padded = [left, right].map((shape) => [...Array<number>(rank - shape.length).fill(1), ...shape]);
  const [leftShape, rightShape] = padded as [number[], number[]];
  const sizes = leftShape.map((size, axis) => {
    const other = rightShape[axis] as number;
    if (size !== other && size !== 1 && other !== 1) node.refuse(`joins the shapes [${left}] and [${right}]`);
    return size === 1 ? other : size;
  });
  const shape = node.shape(sizes);
  const [leftSums, rightSums] = [operand(node, 0), operand(node, 1)];
  const pairs = Array.from({ length: elementsOf(shape) }, (_, at) => {
    const pick = (own: readonly number[], sums: readonly Affine[]): Affine =>
      sums[sourceOf(at, shape, own)] as Affine;
    return [pick(leftShape, leftSums), pick(rightShape, rightSums)] as const;
  });
  return { shape, pairs };
}

/** Where the element `at` of the joint shape lies in a shape that is 1 wherever it is spread. */
function sourceOf(at: number, shape: readonly number[], own: readonly number[]): number {
  let rest = at;
  let index = 0;
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
    const size = shape[axis] as number;
    const position = rest % size;
    rest = (rest - position) / size;
    if (own[axis] !== 1) index += position * stride;
    stride *= own[axis] as number;
  }
  return index;
}

function operand(node: NodeReader, index: number): readonly Affine[] {
  const value = node.value(index);
  return value.kind === 'constant'
    ? Array.from(value.data, (bias) => constantAffine(bias))
    : node.plain(index).sums;
}
