import type { OnnxModel, OnnxValue } from '@touchstone/onnx';
import { SCALE_LOG2_MAX } from '../limits.js';
import { elementsOf, RANGES, type InputDatatype, type IntegerInput } from '../model/integer-model.js';
import { unsupported } from './unsupported.js';

/** What is known of an input besides its shape. */
export interface InputFacts {
  /** Least and greatest value of each element. */
  readonly minimum?: number | undefined;
  readonly maximum?: number | undefined;
  /** Values of the input in samples, row-major. */
  readonly samples: readonly ArrayLike<number>[];
}

/**
 * How an input becomes whole numbers: as the model itself says where it begins by quantising it, otherwise in 8 bits over its
 * declared range, or element by element over the samples.
 *
 * @throws AppError `model-invalid` for what is no tensor of numbers, or nothing is known of
 */
export function integerInput(model: OnnxModel, value: OnnxValue, facts: InputFacts): IntegerInput {
  const where = `the input ${JSON.stringify(value.name)}`;
  const shape = value.shape?.map((size, axis) => size ?? (axis === 0 ? 1 : undefined));
  if (shape === undefined || shape.some((size) => size === undefined || size < 1))
    throw unsupported(
      where,
      'has no fixed shape; export it with all sizes, of which only the first may be left open',
    );
  const common = { name: value.name, shape: shape as number[] };
  if (value.type === 'UINT8' || value.type === 'INT8' || value.type === 'UINT16')
    return { ...common, datatype: value.type, scaleLog2: [0], zeroPoint: 0 };
  if (value.type !== 'FLOAT' && value.type !== 'DOUBLE')
    throw unsupported(
      where,
      `holds ${value.type ?? 'what is no number'}; only floats and small whole numbers can be proved`,
    );
  return {
    ...common,
    ...(statedByModel(model, value.name) ?? rangeOf(where, facts, elementsOf(common.shape))),
  };
}

type Scaling = Pick<IntegerInput, 'datatype' | 'scaleLog2' | 'zeroPoint'>;

/** The scale of the QuantizeLinear that alone takes the input; undefined where it is another operator. */
function statedByModel({ nodes, constants }: OnnxModel, name: string): Scaling | undefined {
  const takers = nodes.filter(({ inputs }) => inputs.includes(name));
  const [taker] = takers;
  if (takers.length !== 1 || taker?.op !== 'QuantizeLinear') return undefined;
  const scale = Math.log2(constants.get(taker.inputs[1] ?? '')?.data[0] ?? Number.NaN);
  const zeroPoint = constants.get(taker.inputs[2] ?? '');
  const datatype = zeroPoint?.type ?? 'UINT8';
  if (!Number.isInteger(scale) || (datatype !== 'UINT8' && datatype !== 'INT8')) return undefined;
  return { datatype, scaleLog2: [scale], zeroPoint: zeroPoint?.data[0] ?? 0 };
}

function rangeOf(where: string, { minimum, maximum, samples }: InputFacts, elements: number): Scaling {
  if (minimum !== undefined && maximum !== undefined) {
    const datatype = minimum < 0 ? 'INT8' : 'UINT8';
    return { datatype, scaleLog2: [scaleFor(datatype, minimum, maximum)], zeroPoint: 0 };
  }
  if (samples.length === 0)
    throw unsupported(where, 'has no declared range; declare minimum and maximum, or give samples');
  const least = Array.from({ length: elements }, (_, at) =>
    Math.min(...samples.map((row) => row[at] as number)),
  );
  const most = Array.from({ length: elements }, (_, at) =>
    Math.max(...samples.map((row) => row[at] as number)),
  );
  const datatype = least.some((value) => value < 0) ? 'INT8' : 'UINT8';
  const scaleLog2 = least.map((value, at) => scaleFor(datatype, value, most[at] as number));
  return { datatype, scaleLog2, zeroPoint: 0 };
}

/** The finest power of two at which both bounds are in the datatype. */
function scaleFor(datatype: InputDatatype, minimum: number, maximum: number): number {
  const [least, most] = RANGES[datatype];
  const needed = Math.max(maximum / most, least === 0 ? 0 : minimum / least);
  const scale = needed > 0 ? Math.ceil(Math.log2(needed)) + 0 : 0;
  return Math.min(SCALE_LOG2_MAX, Math.max(-SCALE_LOG2_MAX, scale));
}
