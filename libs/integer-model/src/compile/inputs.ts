import { AXES_MAX, type OnnxModel, type OnnxValue } from '@touchstone/onnx';
import { CALIBRATION_ROWS_MAX, SCALE_LOG2_MAX } from '../limits.js';
import { elementsOf, RANGES, type InputDatatype, type IntegerInput } from '../model/integer-model.js';
import { ceilLog2, exactLog2 } from './powers.js';
import { unsupported } from './unsupported.js';

/** What is known of an input besides its shape. */
export interface InputFacts {
  /** Least and greatest value of each element. */
  readonly minimum?: number | undefined;
  readonly maximum?: number | undefined;
  /** Values of the input in samples, row-major. */
  readonly samples: readonly ArrayLike<number>[];
}

/** The sizes of an input; the first may be left open and is 1. @throws AppError `model-invalid` where another is open */
export function inputShape(where: string, { shape }: OnnxValue): readonly number[] {
  const sizes = shape?.map((size, axis) => size ?? (axis === 0 ? 1 : 0));
  if (sizes === undefined || sizes.length > AXES_MAX || sizes.some((size) => size < 1))
    throw unsupported(
      where,
      `has no fixed shape of at most ${AXES_MAX} axes; export it with all sizes, of which only the first may be left open`,
    );
  return sizes;
}

/**
 * How an input becomes whole numbers: as the model itself says where it begins by quantising it, otherwise in 8 bits over its
 * declared range, or element by element over the samples.
 *
 * @throws AppError `model-invalid` for what is no tensor of numbers, or nothing is known of
 */
export function integerInput(
  model: OnnxModel,
  value: OnnxValue,
  shape: readonly number[],
  facts: InputFacts,
): IntegerInput {
  const where = `the input ${JSON.stringify(value.name)}`;
  const common = { name: value.name, shape };
  if (value.type === 'UINT8' || value.type === 'INT8' || value.type === 'UINT16')
    return { ...common, datatype: value.type, scaleLog2: [0], zeroPoint: 0 };
  if (value.type !== 'FLOAT' && value.type !== 'DOUBLE')
    throw unsupported(
      where,
      `holds ${value.type ?? 'what is no number'}; only floats and small whole numbers can be proved`,
    );
  return {
    ...common,
    ...(statedByModel(model, value.name) ?? rangeOf(where, facts, elementsOf(shape))),
  };
}

type Scaling = Pick<IntegerInput, 'datatype' | 'scaleLog2' | 'zeroPoint'>;

/** The scale of the QuantizeLinear that alone takes the input; undefined where it is another operator. */
function statedByModel({ nodes, constants }: OnnxModel, name: string): Scaling | undefined {
  const takers = nodes.filter(({ inputs }) => inputs.includes(name));
  const [taker] = takers;
  if (takers.length !== 1 || taker?.op !== 'QuantizeLinear') return undefined;
  const scale = exactLog2(constants.get(taker.inputs[1] ?? '')?.data[0] ?? 0);
  const zeroPoint = constants.get(taker.inputs[2] ?? '');
  const datatype = zeroPoint?.type ?? 'UINT8';
  if (scale === undefined || (datatype !== 'UINT8' && datatype !== 'INT8')) return undefined;
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
  const scale = needed > 0 ? ceilLog2(needed) : 0;
  return Math.min(SCALE_LOG2_MAX, Math.max(-SCALE_LOG2_MAX, scale));
}

/** Rows in whole numbers over the whole range of an input, for a model without samples: the same ones every time. */
export function uniformRows({ shape, datatype }: IntegerInput): Float64Array[] {
  const [least, most] = RANGES[datatype];
  let state = 1;
  const next = (): number => {
    // Lehmer's generator (Park and Miller 1988).
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
  return Array.from({ length: CALIBRATION_ROWS_MAX }, () =>
    Float64Array.from({ length: elementsOf(shape) }, () => least + Math.floor(next() * (most - least + 1))),
  );
}
