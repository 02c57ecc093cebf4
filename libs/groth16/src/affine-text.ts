import { bn254 } from '@noble/curves/bn254.js';
import { decimalOf, itemsOf } from './untrusted-value.js';

/** Affine coordinates [x, y] of a point of G1, decimal texts below q. */
export type G1Text = readonly [x: string, y: string];

/** Affine coordinates [x, y] of a point of G2, each [c0, c1] for c0 + c1·u. */
export type G2Text = readonly [x: G1Text, y: G1Text];

const q = bn254.fields.Fp.ORDER;

/** Reads [x, y]; for a function given to `readValue`. Whether there is such a point is not looked at. */
export function g1TextOf(value: unknown): G1Text {
  const [x, y] = itemsOf(value, 2);
  return [decimalOf(x, q), decimalOf(y, q)];
}

/** Reads [[x0, x1], [y0, y1]]; for a function given to `readValue`. Whether there is such a point is not looked at. */
export function g2TextOf(value: unknown): G2Text {
  const [x, y] = itemsOf(value, 2);
  return [g1TextOf(x), g1TextOf(y)];
}
