import { onnxModel, onnxTensor, type OnnxNode } from '@touchstone/testing';
import { AppError } from '@touchstone/contracts';
import { compileIntegerModel } from '../src/compile/compile-model.js';
import { outputValues, quantise } from '../src/model/quantise.js';
import { runIntegerModel } from '../src/model/run.js';
import type { IntegerModel } from '../src/model/integer-model.js';

/** A constant of a test graph: its shape and its values. */
export type Weights = readonly [shape: readonly number[], values: readonly number[]];

/** A graph of the input `x`, constants by name, and nodes, the last of which gives `y`. */
export interface TestGraph {
  readonly shape: readonly number[];
  readonly constants?: Readonly<Record<string, Weights>>;
  /** Encoded tensors of other types than FLOAT. */
  readonly tensors?: readonly Uint8Array[];
  readonly nodes: readonly OnnxNode[];
  readonly opset?: number;
  readonly outputs?: readonly string[];
}

/** An ONNX file. */
export function fileOf({
  shape,
  constants = {},
  tensors = [],
  nodes,
  opset,
  outputs = ['y'],
}: TestGraph): Uint8Array {
  const encoded = Object.entries(constants).map(([name, [sizes, values]]) => onnxTensor(name, sizes, values));
  const graph = {
    inputs: [{ name: 'x', shape }],
    outputs: outputs.map((name) => ({ name })),
    initializers: [...encoded, ...tensors],
    nodes,
  };
  return onnxModel(graph, opset);
}

/** The integer model of a graph whose input has whole numbers from −128 to 127. */
export const compiled = (graph: TestGraph): IntegerModel =>
  compileIntegerModel(fileOf(graph), { ranges: new Map([['x', { minimum: -128, maximum: 127 }]]) });

/** The first output of a model, as the numbers that it stands for. */
export function evaluated(model: IntegerModel, values: readonly number[]): number[] {
  const inputs = model.inputs.map((input) => quantise(input, values));
  const [output] = model.outputs;
  const [numbers] = runIntegerModel(model, inputs).outputs;
  if (output === undefined || numbers === undefined) throw new Error('The model has no output.');
  return [...outputValues(output, numbers)];
}

/** Whole numbers from −128 to 127, the same ones every time. */
export function wholeNumbers(count: number, seed = 1): number[] {
  let state = seed;
  return Array.from({ length: count }, () => {
    state = (state * 48_271) % 2_147_483_647;
    return (state % 256) - 128;
  });
}

/** The message of the refusal `model-invalid`; whatever else is thrown goes on. */
export function refusalOf(compile: () => unknown): string {
  try {
    compile();
  } catch (error) {
    if (error instanceof AppError && error.code === 'model-invalid') return error.message;
    throw error;
  }
  return 'taken';
}
