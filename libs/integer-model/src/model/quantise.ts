import { RANGES, type IntegerInput, type IntegerOutput } from './integer-model.js';
import { clamp, roundHalfEven } from './rounding.js';

/** The whole numbers of an input's floats; what lies beyond the datatype becomes its bound. */
export function quantise(input: IntegerInput, values: ArrayLike<number>): Float64Array {
  const [least, most] = RANGES[input.datatype];
  return Float64Array.from({ length: values.length }, (_, index) =>
    clamp(roundHalfEven((values[index] as number) / scaleOf(input, index)) + input.zeroPoint, least, most),
  );
}

/** The floats that whole numbers of an input stand for. */
export function dequantise(input: IntegerInput, values: ArrayLike<number>): Float64Array {
  return Float64Array.from(
    { length: values.length },
    (_, index) => ((values[index] as number) - input.zeroPoint) * scaleOf(input, index),
  );
}

/** The floats that whole numbers of an output stand for. */
export function outputValues(
  { scaleLog2 }: Pick<IntegerOutput, 'scaleLog2'>,
  values: ArrayLike<number>,
): Float64Array {
  return Float64Array.from(
    { length: values.length },
    (_, index) => (values[index] as number) * 2 ** scaleLog2,
  );
}

/** What one unit of an element is worth. */
export function scaleOf({ scaleLog2 }: Pick<IntegerInput, 'scaleLog2'>, index: number): number {
  return 2 ** ((scaleLog2.length === 1 ? scaleLog2[0] : scaleLog2[index]) as number);
}
