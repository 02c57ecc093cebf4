/** Whether a tensor of whole numbers has a sign. */
export type InputDatatype = 'UINT8' | 'INT8' | 'UINT16';

/** How an input becomes whole numbers: q = clamp(round(x / 2^scaleLog2) + zeroPoint), half to even. */
export interface IntegerInput {
  readonly name: string;
  readonly shape: readonly number[];
  readonly datatype: InputDatatype;
  /** One for all elements, or one for each. */
  readonly scaleLog2: readonly number[];
  readonly zeroPoint: number;
}

/** What the whole numbers of an output stand for: y · 2^scaleLog2. */
export interface IntegerOutput {
  readonly name: string;
  readonly shape: readonly number[];
  readonly datatype: 'INT32';
  readonly scaleLog2: number;
}

/**
 * Sums of products over wires, one in each row: row i has the terms `offsets[i]` to `offsets[i + 1] - 1`. Wires are counted
 * from the first element of the first input over the results of all layers; an input's wire is q − zeroPoint.
 */
export interface IntegerRows {
  readonly offsets: Uint32Array;
  readonly wires: Uint32Array;
  readonly weights: Int32Array;
  readonly biases: Int32Array;
}

/**
 * From sums to activations: below zero a sum is multiplied by `leak / 2^leakShift`; then it is divided by 2^shift,
 * rounded half to even, and held between `lower` and `upper`.
 */
export interface Requantisation {
  readonly shift: number;
  readonly lower: number;
  readonly upper: number;
  readonly leak?: { readonly factor: number; readonly shift: number };
}

/** One layer: each row gives one wire. */
export interface IntegerLayer {
  /** The node that it ends in, for messages. */
  readonly name: string;
  /** What one unit of its results is worth, as a power of two. */
  readonly scaleLog2: number;
  readonly rows: IntegerRows;
  readonly requantise: Requantisation;
}

/** What the verifier computes from the proven numbers; nothing of it is in the circuit. */
export interface PostProcessing {
  readonly op: 'Softmax' | 'Sigmoid' | 'ArgMax';
  readonly from: string;
  readonly name: string;
}

/** A network in whole numbers. Every sum lies within 32 bits with a sign, whatever the inputs. */
export interface IntegerModel {
  readonly inputs: readonly IntegerInput[];
  readonly layers: readonly IntegerLayer[];
  readonly outputs: readonly (IntegerOutput & { readonly rows: IntegerRows })[];
  readonly post: readonly PostProcessing[];
}

/** The whole numbers that a datatype holds. */
export const RANGES: Readonly<Record<InputDatatype, readonly [number, number]>> = {
  UINT8: [0, 255],
  INT8: [-128, 127],
  UINT16: [0, 65_535],
};

/** Elements of a shape. */
export const elementsOf = (shape: readonly number[]): number => shape.reduce((all, size) => all * size, 1);

/** Results of a layer, or elements of an output. */
export const rowCount = ({ biases }: IntegerRows): number => biases.length;
