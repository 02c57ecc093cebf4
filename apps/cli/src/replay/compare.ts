import type { CanonicalTensor } from '@touchstone/contracts';
import { decodeTensor } from '@touchstone/evidence';

/** How one output of a replay stands to the signed one. */
export interface OutputComparison {
  readonly name: string;
  readonly elements: number;
  readonly exact: boolean;
  /** Largest |signed − replayed| of one element; null where shapes or datatypes differ. */
  readonly largestDifference: number | null;
  /** Whether the largest element stands at the same place in both. */
  readonly sameArgmax: boolean;
}

/** Compares one signed output with what the replay gave under its name. */
export function compareOutput(
  signed: CanonicalTensor,
  replayed: CanonicalTensor | undefined,
): OutputComparison {
  const [left, right] = [decodeTensor(signed), replayed && decodeTensor(replayed)];
  const elements = left.ok ? left.value.length : 0;
  const isComparable =
    left.ok &&
    right?.ok === true &&
    replayed?.datatype === signed.datatype &&
    replayed.shape.join() === signed.shape.join();
  if (!isComparable)
    return { name: signed.name, elements, exact: false, largestDifference: null, sameArgmax: false };
  const [own, other] = [left.value.map(Number), right.value.map(Number)];
  const largestDifference = own.reduce(
    (most, value, index) => Math.max(most, Math.abs(value - (other[index] as number))),
    0,
  );
  return {
    ...{ name: signed.name, elements, largestDifference },
    exact: replayed.data === signed.data,
    sameArgmax: indexOfLargest(own) === indexOfLargest(other),
  };
}

const indexOfLargest = (values: readonly number[]): number => values.indexOf(Math.max(...values));

/** `same` bit by bit; `close` within the tolerance with the same largest elements; otherwise `different`. */
export type ReplayResult = 'same' | 'close' | 'different';

export function resultOf(outputs: readonly OutputComparison[], tolerance: number): ReplayResult {
  if (outputs.every(({ exact }) => exact)) return 'same';
  const isClose = ({ largestDifference, sameArgmax }: OutputComparison): boolean =>
    largestDifference !== null && largestDifference <= tolerance && sameArgmax;
  return outputs.every(isClose) ? 'close' : 'different';
}
