import type { NodeReader, Operator, StatedScale } from '../compilation.js';
import { SCALE_LOG2_MAX } from '../../limits.js';
import { clamp, roundHalfEven } from '../../model/rounding.js';
import { plainSums } from '../value.js';

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
    layer.shape,
    layer.sums.map((sum) => compilation.sums.scaled(sum, 2 ** -scaleLog2, zeroPoint)),
  );
};

/** The float of whole numbers: (q − zero point) · scale (ONNX DequantizeLinear). */
export const dequantizeLinear: Operator = (node, { sums }) => {
  const scales = node.constant(1).data;
  const zeroPoints = node.has(2) ? node.constant(2).data : new Float64Array(scales.length);
  const value = node.value(0);
  const axis = node.int('axis', 1);
  const inner = value.shape.slice(axis + 1).reduce((all, size) => all * size, 1);
  const isEach = scales.length > 1;
  if (isEach && value.shape[axis] !== scales.length)
    node.refuse(`has ${scales.length} scales along the axis ${axis}`);
  const at = (index: number): number => (isEach ? Math.floor(index / inner) % scales.length : 0);
  const factor = (index: number): number => scales[at(index)] as number;
  const shift = (index: number): number => -(zeroPoints[at(index)] as number) * factor(index);
  if (value.kind === 'constant')
    return { ...value, data: value.data.map((q, index) => q * factor(index) + shift(index)) };
  const plain = node.plain(0);
  return plainSums(
    plain.shape,
    plain.sums.map((sum, index) => sums.scaled(sum, factor(index), shift(index))),
  );
};

/** The one scale of a QuantizeLinear. */
function statedScale(node: NodeReader): StatedScale {
  const scale = node.constant(1).data;
  const zeroPoints = node.has(2) ? node.tensor(2) : undefined;
  const type = zeroPoints?.type ?? 'UINT8';
  const scaleLog2 = Math.log2(scale[0] as number);
  if (scale.length !== 1 || !Number.isInteger(scaleLog2) || Math.abs(scaleLog2) > SCALE_LOG2_MAX)
    node.refuse(`has the scale ${[...scale]}; only one power of two can be proved exactly`);
  if (type !== 'UINT8' && type !== 'INT8') node.refuse(`makes ${type}; only UINT8 and INT8 can be proved`);
  const [least, most] = type === 'UINT8' ? [0, 255] : [-128, 127];
  return { scaleLog2, zeroPoint: zeroPoints?.data[0] ?? 0, least: least as number, most: most as number };
}
