import type { IntegerModel } from '@touchstone/integer-model';
import { outputValues, postProcessed } from '@touchstone/integer-model';
import { CommandError, exitCodes } from '../exit-codes.js';

/** Elements of the last axis. */
const rowLengthOf = (shape: readonly number[]): number => shape.at(-1) ?? 1;

/** How the values of an output are read: as scores of one row each, as shares of yes, or as places. */
type Reading = 'scores' | 'shares' | 'places';

/** One output of the ONNX file, as the integer model gives it. */
export interface ReadOutput {
  readonly name: string;
  readonly rowLength: number;
  readonly reading: Reading;
  /** Its values for the whole numbers of all outputs of the integer model. */
  readonly valuesOf: (outputs: readonly Int32Array[]) => Float64Array;
}

/** All that can be computed from the whole numbers of a model: its outputs, and what a verifier makes of them. */
export function readOutputs(model: IntegerModel): Map<string, ReadOutput> {
  const own = model.outputs.map((output, index) => ({
    ...{ name: output.name, rowLength: rowLengthOf(output.shape), reading: 'scores' as const },
    valuesOf: (outputs: readonly Int32Array[]) => outputValues(output, outputs[index] as Int32Array),
  }));
  const later = model.post.map(({ op, from, name }) => {
    const source = own.find((output) => output.name === from) as ReadOutput;
    const { rowLength } = source;
    return {
      ...{ name, rowLength: op === 'ArgMax' ? 1 : rowLength },
      reading: ({ Softmax: 'scores', Sigmoid: 'shares', ArgMax: 'places' } as const)[op],
      valuesOf: (outputs: readonly Int32Array[]) => postProcessed(op, source.valuesOf(outputs), rowLength),
    };
  });
  return new Map([...own, ...later].map((output) => [output.name, output]));
}

/**
 * A difference to what is no number is none, and no report could hold it.
 *
 * @throws CommandError `invalid` naming the sample
 */
export function requireFinite(name: string, values: readonly number[], sample: number): void {
  if (values.every(Number.isFinite)) return;
  throw new CommandError(
    exitCodes.invalid,
    `The file gives ${name} with what is no finite number for sample ${sample}: leave that one out.`,
  );
}

/** How two runs of one output stand to each other. */
export interface OutputDeviation {
  readonly largestDifference: number;
  readonly agrees: boolean;
}

const YES = 0.5;
const places = (values: ArrayLike<number>, rowLength: number): number[] => [
  ...postProcessed('ArgMax', values, rowLength),
];
const isEqual = (left: readonly unknown[], right: readonly unknown[]): boolean =>
  left.every((value, index) => value === right[index]);

/**
 * Scores agree where the largest of each row stands at the same place, shares of yes where they lie on the same side of one half,
 * places where they are equal, and single numbers within the tolerance.
 */
export function deviation(
  { reading, rowLength }: ReadOutput,
  float: readonly number[],
  whole: Float64Array,
  tolerance: number,
): OutputDeviation {
  const largestDifference = float.reduce(
    (most, value, index) => Math.max(most, Math.abs(value - (whole[index] as number))),
    0,
  );
  const agrees = {
    scores: () =>
      rowLength === 1
        ? largestDifference <= tolerance
        : isEqual(places(float, rowLength), places(whole, rowLength)),
    shares: () =>
      isEqual(
        float.map((value) => value > YES),
        [...whole].map((value) => value > YES),
      ),
    places: () => isEqual(float, [...whole]),
  }[reading]();
  return { largestDifference, agrees };
}

/** The label that values stand for; undefined for what names none. */
export function labelOf({ reading, rowLength }: ReadOutput, values: ArrayLike<number>): number | undefined {
  if (reading === 'places') return values[0];
  if (rowLength > 1) return reading === 'scores' ? places(values, rowLength)[0] : undefined;
  return reading === 'shares' ? Number((values[0] as number) > YES) : undefined;
}
