import type { Affine } from '../affine.js';
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
  const [left, right] = [operand(node, 0), operand(node, 1)];
  const rank = Math.max(left.shape.length, right.shape.length);
  const padded = [left, right].map(({ shape }) => [...Array<number>(rank - shape.length).fill(1), ...shape]);
  const [leftShape, rightShape] = padded as [number[], number[]];
  const shape = leftShape.map((size, axis) => {
    const other = rightShape[axis] as number;
    if (size !== other && size !== 1 && other !== 1)
      node.refuse(`joins the shapes [${left.shape}] and [${right.shape}]`);
    return Math.max(size, other);
  });
  const count = shape.reduce((all, size) => all * size, 1);
  const pairs = Array.from({ length: count }, (_, at) => {
    const pick = (own: readonly number[], sums: readonly Affine[]): Affine =>
      sums[sourceOf(at, shape, own)] as Affine;
    return [pick(leftShape, left.sums), pick(rightShape, right.sums)] as const;
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

function operand(node: NodeReader, index: number): { shape: readonly number[]; sums: readonly Affine[] } {
  const value = node.value(index);
  if (value.kind !== 'constant') return node.plain(index);
  const empty = { wires: new Uint32Array(), factors: new Float64Array() };
  return { shape: value.shape, sums: Array.from(value.data, (bias) => ({ bias, ...empty })) };
}
