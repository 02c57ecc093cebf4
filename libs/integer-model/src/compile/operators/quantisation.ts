import type { NodeReader, Operator, StatedScale } from '../compilation.js';
import { SCALE_LOG2_MAX } from '../../limits.js';
import { clamp, roundHalfEven } from '../../model/rounding.js';
import { elementsOf, RANGES } from '../../model/integer-model.js';
import { exactLog2 } from '../powers.js';
import { plainSums } from '../value.js';
import { axisOf } from './shape.js';

/** Whole numbers of a float: round(x / scale) + zero point, half to even, held in 8 bits (ONNX QuantizeLinear). */
export const quantizeLinear: Operator = (node, compilation) => {
  const stated = statedScale(node);
  const value = node.value(0);
  const { scaleLog2, zeroPoint, least, most } = stated;
  if (value.kind === 'constant') {
    const data = value.data.map((x) => clamp(roundHalfEven(x / 2 ** scaleLog2) + zeroPoint, least, most));
    return { ...value, data };
  }
  const layer = compilation.layer(node.where, node.pending(0), stated);
  return plainSums(
    node.shape(layer.shape),
    layer.sums.map((sum) => compilation.sums.scaled(sum, 2 ** -scaleLog2, zeroPoint)),
  );
};

/** The float of whole numbers: (q − zero point) · scale (ONNX DequantizeLinear). */
export const dequantizeLinear: Operator = (node, { sums }) => {
  const scales = node.constant(1).data;
  const zeroPoints = node.has(2) ? node.constant(2).data : new Float64Array(scales.length);
  const value = node.value(0);
  const isEach = scales.length > 1;
  const axis = isEach ? axisOf(node, node.int('axis', 1), value.shape.length) : 0;
  const inner = elementsOf(value.shape.slice(axis + 1));
  if (node.int('block_size', 0) !== 0) node.refuse('has scales of blocks; export one for each channel');
  if (zeroPoints.length !== scales.length || (isEach && value.shape[axis] !== scales.length))
    node.refuse(
      `has ${scales.length} scales and ${zeroPoints.length} zero points along the axis ${axis} of [${value.shape}]`,
    );
  const at = (index: number): number => (isEach ? Math.floor(index / inner) % scales.length : 0);
  const factor = (index: number): number => scales[at(index)] as number;
  const shift = (index: number): number => -(zeroPoints[at(index)] as number) * factor(index);
  if (value.kind === 'constant')
    return { ...value, data: value.data.map((q, index) => q * factor(index) + shift(index)) };
  const plain = node.plain(0);
  return plainSums(
    node.shape(plain.shape),
    plain.sums.map((sum, index) => sums.scaled(sum, factor(index), shift(index))),
  );
};

/** The one scale of a QuantizeLinear. */
function statedScale(node: NodeReader): StatedScale {
  const scale = node.constant(1).data;
  const zeroPoints = node.has(2) ? node.tensor(2) : undefined;
  const type = zeroPoints?.type ?? 'UINT8';
  const scaleLog2 = exactLog2(scale[0] as number);
  if (scale.length !== 1 || scaleLog2 === undefined || Math.abs(scaleLog2) > SCALE_LOG2_MAX)
    return node.refuse(
      `has the scale ${[...scale]}; only one power of two from 2^-${SCALE_LOG2_MAX} to 2^${SCALE_LOG2_MAX} can be proved exactly`,
    );
  if (node.int('output_dtype', 0) !== 0)
    node.refuse('states its output_dtype; export it with a zero point, whose type it is');
  if (type !== 'UINT8' && type !== 'INT8')
    return node.refuse(`makes ${type}; only UINT8 and INT8 can be proved`);
  const [zeroPoint, ...more] = zeroPoints?.data ?? [0];
  if (zeroPoint === undefined || more.length > 0) return node.refuse('has not one zero point');
  const [least, most] = RANGES[type];
  return { scaleLog2, zeroPoint, least, most };
}
