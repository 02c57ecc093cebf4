import type { OnnxTensor } from '@touchstone/onnx';
import type { PostProcessing } from '../model/integer-model.js';
import type { Affine } from './affine.js';

/** What follows a sum before it is held in so many bits again. */
export interface Activation {
  /** Least and greatest value, in the units of the floats. */
  readonly lower: number;
  readonly upper: number;
  /** What values below zero are multiplied by; 1 where nothing is. */
  readonly slope: number;
}

/** Of a sum as it is. */
export const NO_ACTIVATION: Activation = { lower: -Infinity, upper: Infinity, slope: 1 };

/** Whether nothing is left to do with a sum. */
export const isNothing = ({ lower, upper, slope }: Activation): boolean =>
  lower === -Infinity && upper === Infinity && slope === 1;

/** What a tensor of the graph is while it is compiled. */
export type Value =
  /** Known before any input. */
  | { readonly kind: 'constant'; readonly shape: readonly number[]; readonly data: Float64Array }
  /** Sums over wires, and what is still to be done with each. */
  | {
      readonly kind: 'sums';
      readonly shape: readonly number[];
      readonly sums: readonly Affine[];
      readonly activation: Activation;
    }
  /** Computed by the verifier after the proof. */
  | { readonly kind: 'post'; readonly post: PostProcessing };

export type Sums = Extract<Value, { kind: 'sums' }>;
export type Constant = Extract<Value, { kind: 'constant' }>;

/** A constant of the file. */
export const constantOf = ({ shape, data }: Pick<OnnxTensor, 'shape' | 'data'>): Constant => ({
  kind: 'constant',
  shape,
  data,
});

/** Sums that are nothing but themselves. */
export const plainSums = (shape: readonly number[], sums: readonly Affine[]): Sums => ({
  kind: 'sums',
  shape,
  sums,
  activation: NO_ACTIVATION,
});
