import { EXACT_WEIGHT_BITS, ROUNDED_WEIGHT_BITS, SCALE_LOG2_MAX, SUM_BITS } from '../limits.js';
import type { IntegerRows } from '../model/integer-model.js';
import { roundHalfEven } from '../model/rounding.js';
import type { Affine } from './affine.js';

/** Sums in whole numbers: each is worth 2^scaleLog2. */
export interface ScaledRows {
  readonly rows: IntegerRows;
  readonly scaleLog2: number;
}

/**
 * Whole numbers for the factors of sums: exactly, where all of them are multiples of one power of two with few enough bits,
 * otherwise rounded to few bits.
 *
 * @param coarsest a scale that is wanted at most, so that a division by a power of two follows and no multiplication
 */
export function integerRows(sums: readonly Affine[], coarsest = Infinity): ScaledRows {
  const scaleLog2 = Math.min(exactScale(sums) ?? roundedScale(sums), coarsest);
  const scale = 2 ** -scaleLog2;
  const terms = sums.reduce((all, { wires }) => all + wires.length, 0);
  const offsets = new Uint32Array(sums.length + 1);
  const wires = new Uint32Array(terms);
  const weights = new Int32Array(terms);
  const biases = new Int32Array(sums.length);
  let at = 0;
  sums.forEach((sum, row) => {
    for (let term = 0; term < sum.wires.length; term += 1) {
      const weight = whole((sum.factors[term] as number) * scale);
      if (weight === 0) continue;
      wires[at] = sum.wires[term] as number;
      weights[at++] = weight;
    }
    offsets[row + 1] = at;
    biases[row] = whole(sum.bias * scale);
  });
  return { rows: { offsets, wires: wires.slice(0, at), weights: weights.slice(0, at), biases }, scaleLog2 };
}

/** What is beyond the bits of a sum would wrap around unseen. */
function whole(value: number): number {
  const rounded = roundHalfEven(value);
  if (!(Math.abs(rounded) < 2 ** (SUM_BITS - 1)))
    throw new RangeError('a constant needs more bits than a sum has');
  return rounded;
}

/** The coarsest scale at which all factors are whole; undefined where they need too many bits. */
function exactScale(sums: readonly Affine[]): number | undefined {
  let finest = Infinity;
  let greatest = 0;
  for (const { factors } of sums)
    for (const factor of factors) {
      finest = Math.min(finest, lowestBitLog2(factor));
      greatest = Math.max(greatest, Math.abs(factor));
      if (greatest >= 2 ** (finest + EXACT_WEIGHT_BITS - 1)) return undefined;
    }
  if (finest === Infinity) return -8;
  return Math.abs(finest) <= SCALE_LOG2_MAX ? finest : undefined;
}

function roundedScale(sums: readonly Affine[]): number {
  let greatest = 0;
  for (const { factors } of sums)
    for (const factor of factors) greatest = Math.max(greatest, Math.abs(factor));
  return 0 + Math.ceil(Math.log2(greatest / (2 ** (ROUNDED_WEIGHT_BITS - 1) - 1)));
}

const bits = new DataView(new ArrayBuffer(8));

/** The exponent of the lowest bit that is set in a binary64 other than 0. */
function lowestBitLog2(value: number): number {
  bits.setFloat64(0, value);
  const exponent = (bits.getUint32(0) >>> 20) & 0x7ff;
  const low = bits.getUint32(4);
  const high = (bits.getUint32(0) & 0xfffff) | (exponent === 0 ? 0 : 0x100000);
  const zeros = low !== 0 ? trailingZeros(low) : 32 + trailingZeros(high);
  return Math.max(exponent, 1) - 1023 - 52 + zeros;
}

const trailingZeros = (word: number): number => 31 - Math.clz32(word & -word);
