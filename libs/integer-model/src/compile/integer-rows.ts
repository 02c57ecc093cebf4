import { EXACT_WEIGHT_BITS, ROUNDED_WEIGHT_BITS, SCALE_LOG2_MAX, SUM_BITS } from '../limits.js';
import type { IntegerRows } from '../model/integer-model.js';
import { roundHalfEven } from '../model/rounding.js';
import type { Affine } from './affine.js';
import { ceilLog2, lowestBitLog2 } from './powers.js';
import { unsupported } from './unsupported.js';

/** The scale of sums that are nothing but constants. */
const CONSTANTS_SCALE_LOG2 = -8;

/** Sums in whole numbers: each is worth 2^scaleLog2. */
export interface ScaledRows {
  readonly rows: IntegerRows;
  readonly scaleLog2: number;
}

/**
 * Whole numbers for the factors of sums: exactly, where all of them are multiples of one power of two with few enough bits,
 * otherwise rounded to few bits.
 *
 * @param where the node, for the refusal
 * @param coarsest a scale that is wanted at most, so that a division by a power of two follows and no multiplication
 * @throws AppError `model-invalid` for a constant of too many bits, and for a factor that is no finite number
 */
export function integerRows(where: string, sums: readonly Affine[], coarsest = Infinity): ScaledRows {
  const scaleLog2 = Math.min(exactScale(sums) ?? roundedScale(where, sums), coarsest);
  const scale = 2 ** -scaleLog2;
  const terms = sums.reduce((all, { wires }) => all + wires.length, 0);
  const offsets = new Uint32Array(sums.length + 1);
  const wires = new Uint32Array(terms);
  const weights = new Int32Array(terms);
  const biases = new Int32Array(sums.length);
  let at = 0;
  sums.forEach((sum, row) => {
    for (let term = 0; term < sum.wires.length; term += 1) {
      const weight = whole(where, (sum.factors[term] as number) * scale);
      if (weight === 0) continue;
      wires[at] = sum.wires[term] as number;
      weights[at++] = weight;
    }
    offsets[row + 1] = at;
    biases[row] = whole(where, sum.bias * scale);
  });
  return { rows: { offsets, wires: wires.slice(0, at), weights: weights.slice(0, at), biases }, scaleLog2 };
}

/** What is beyond the bits of a sum would wrap around unseen. */
function whole(where: string, value: number): number {
  const rounded = roundHalfEven(value);
  if (!(Math.abs(rounded) < 2 ** (SUM_BITS - 1)))
    throw unsupported(where, 'cannot be written in whole numbers: a constant needs more bits than a sum has');
  return rounded;
}

/**
 * The coarsest scale at which all factors are whole, and all constants where that is possible; undefined where the factors
 * need too many bits.
 */
function exactScale(sums: readonly Affine[]): number | undefined {
  let greatest = 0;
  let factorLog2 = Infinity;
  let biasLog2 = Infinity;
  for (const { bias, factors } of sums) {
    if (bias !== 0) biasLog2 = Math.min(biasLog2, lowestBitLog2(bias));
    for (const factor of factors) {
      // A product of small factors may be 0 though none of them is.
      if (factor === 0) continue;
      factorLog2 = Math.min(factorLog2, lowestBitLog2(factor));
      greatest = Math.max(greatest, Math.abs(factor));
    }
  }
  if (factorLog2 === Infinity) return CONSTANTS_SCALE_LOG2;
  const isExact = (scaleLog2: number): boolean =>
    Math.abs(scaleLog2) <= SCALE_LOG2_MAX && greatest < 2 ** (scaleLog2 + EXACT_WEIGHT_BITS - 1);
  return [Math.min(factorLog2, biasLog2), factorLog2].find(isExact);
}

/** The finest scale at which the greatest factor has so few bits. */
function roundedScale(where: string, sums: readonly Affine[]): number {
  const greatest = sums.reduce(
    (all, { factors }) => factors.reduce((most, factor) => Math.max(most, Math.abs(factor)), all),
    0,
  );
  if (!(greatest < Infinity))
    throw unsupported(where, 'cannot be written in whole numbers: a factor is no finite number');
  return ceilLog2(greatest / (2 ** (ROUNDED_WEIGHT_BITS - 1) - 1));
}
