import { compileIntegerModel, outputValues, quantise, runIntegerModel } from '@touchstone/integer-model';
import { onnxAttribute, onnxModel, onnxTensor, type OnnxNode } from '@touchstone/testing';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('./run-onnx.mjs', import.meta.url));
const OUTPUT_BYTES_MAX = 256 * 1024 * 1024;

/** Whole numbers below 2^31, the same ones for the same seed. */
export function numbers(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48_271) % 2_147_483_647);
}

type Type = 'UINT8' | 'INT8';

/** A graph whose tensors are quantised between its operators, with scales that are powers of two. */
export class QuantisedGraph {
  private readonly nodes: OnnxNode[] = [];
  private readonly tensors: Uint8Array[] = [];
  private readonly next = numbers(41);
  private made = 0;

  constructor(private readonly shape: readonly number[]) {}

  /** An operator on a value and constants. */
  node(op: string, inputs: readonly string[], ...attributes: Uint8Array[]): string {
    const output = this.name();
    this.nodes.push({ op, inputs, outputs: [output], attributes });
    return output;
  }

  quantised(value: string, scaleLog2: number, type: Type, zeroPoint: number): string {
    return this.node('QuantizeLinear', [value, ...this.scale(scaleLog2, type, zeroPoint)]);
  }

  /** The floats of a value that was held in 8 bits. */
  held(value: string, scaleLog2: number, type: Type, zeroPoint: number): string {
    const constants = this.scale(scaleLog2, type, zeroPoint);
    return this.node('DequantizeLinear', [this.node('QuantizeLinear', [value, ...constants]), ...constants]);
  }

  /** Weights in 8 bits, whose greatest is so far from 0. */
  weights(shape: readonly number[], scaleLog2: number, most: number): string {
    const name = this.name();
    this.tensors.push(onnxTensor(name, shape, this.values(shape, most), 'INT8'));
    return this.node('DequantizeLinear', [name, ...this.scale(scaleLog2, 'INT8', 0)]);
  }

  /** Biases in 32 bits. */
  biases(count: number, scaleLog2: number, most: number): string {
    const name = this.name();
    this.tensors.push(onnxTensor(name, [count], this.values([count], most), 'INT32'));
    return this.node('DequantizeLinear', [name, ...this.scale(scaleLog2, 'INT32', 0)]);
  }

  file(output: string, type: Type): Uint8Array {
    return onnxModel({
      inputs: [{ name: 'x', shape: this.shape }],
      outputs: [{ name: output, type }],
      initializers: this.tensors,
      nodes: this.nodes,
    });
  }

  private scale(scaleLog2: number, type: Type | 'INT32', zeroPoint: number): readonly [string, string] {
    const scale = this.name();
    this.tensors.push(onnxTensor(scale, [], [2 ** scaleLog2]));
    const zero = this.name();
    this.tensors.push(onnxTensor(zero, [], [zeroPoint], type));
    return [scale, zero];
  }

  private values(shape: readonly number[], most: number): number[] {
    const count = shape.reduce((all, size) => all * size, 1);
    return Array.from({ length: count }, () => (this.next() % (2 * most + 1)) - most);
  }

  private name(): string {
    this.made += 1;
    return `t${this.made}`;
  }
}

/** A model and the scale of its input. */
export interface QuantisedModel {
  readonly name: string;
  readonly file: Uint8Array;
  readonly elements: number;
  readonly scaleLog2: number;
  /** Whether the runtime departs from the operators of the graph where it may put others in their place. */
  readonly isOnlyExactAsWritten?: boolean;
}

const ALPHA = (value: number): Uint8Array => onnxAttribute('alpha', { float: value });
const PAIR = (name: string, value: number): Uint8Array => onnxAttribute(name, { ints: [value, value] });

/** A perceptron 6-5-4 with an activation between. */
function perceptron(
  name: string,
  type: Type,
  zeroPoint: number,
  activation: readonly [string, ...Uint8Array[]],
): QuantisedModel {
  const graph = new QuantisedGraph([1, 6]);
  const x = graph.held('x', -3, type, zeroPoint);
  const hidden = graph.node('Gemm', [x, graph.weights([6, 5], -5, 63), graph.biases(5, -8, 4_000)]);
  const [op, ...attributes] = activation;
  const active = graph.held(graph.node(op, [hidden], ...attributes), -1, type, zeroPoint);
  const last = graph.node(
    'Gemm',
    [active, graph.weights([4, 5], -4, 63), graph.biases(4, -5, 900)],
    onnxAttribute('transB', { int: 1 }),
  );
  return {
    name,
    file: graph.file(graph.quantised(last, 3, type, zeroPoint), type),
    elements: 6,
    scaleLog2: -3,
  };
}

/** A convolution with strides, and a matrix after it. */
function convolution(
  name: string,
  type: Type,
  zeroPoint: number,
  activation: readonly [string, ...Uint8Array[]],
): QuantisedModel {
  const graph = new QuantisedGraph([1, 1, 5, 5]);
  const last = graph.node('Gemm', [
    graph.node('Flatten', [filtered(graph, 2, type, zeroPoint, activation)]),
    graph.weights([18, 3], -5, 63),
  ]);
  return {
    name,
    file: graph.file(graph.quantised(last, 2, type, zeroPoint), type),
    elements: 25,
    scaleLog2: -2,
  };
}

/** A convolution, means of its values, and a matrix after them. */
function means(
  name: string,
  type: Type,
  zeroPoint: number,
  activation: readonly [string, ...Uint8Array[]],
): QuantisedModel {
  const graph = new QuantisedGraph([1, 1, 5, 5]);
  const values = filtered(graph, 1, type, zeroPoint, activation);
  const pooled = graph.node('AveragePool', [values], PAIR('kernel_shape', 2), PAIR('strides', 2));
  const last = graph.node('Gemm', [
    graph.node('Flatten', [graph.held(pooled, -1, type, zeroPoint)]),
    graph.weights([8, 3], -5, 63),
  ]);
  const file = graph.file(graph.quantised(last, 1, type, zeroPoint), type);
  // The runtime's own kernel for means rounds ties together with the zero point: where it is odd, to the other side.
  return { name, file, elements: 25, scaleLog2: -2, isOnlyExactAsWritten: zeroPoint % 2 !== 0 };
}

function filtered(
  graph: QuantisedGraph,
  strides: number,
  type: Type,
  zeroPoint: number,
  [op, ...attributes]: readonly [string, ...Uint8Array[]],
): string {
  const x = graph.held('x', -2, type, zeroPoint);
  const sums = graph.node(
    'Conv',
    [x, graph.weights([2, 1, 3, 3], -4, 63), graph.biases(2, -6, 500)],
    PAIR('strides', strides),
    PAIR('kernel_shape', 3),
    onnxAttribute('pads', { ints: [1, 1, 1, 1] }),
  );
  return graph.held(graph.node(op, [sums], ...attributes), -1, type, zeroPoint);
}

/** Models of both datatypes with even, odd and outermost zero points. */
export const quantisedModels: readonly QuantisedModel[] = [
  perceptron('a perceptron with Relu in UINT8', 'UINT8', 0, ['Relu']),
  perceptron('a perceptron with Relu in UINT8 around 77', 'UINT8', 77, ['Relu']),
  perceptron('a perceptron with LeakyRelu in INT8', 'INT8', 0, ['LeakyRelu', ALPHA(0.25)]),
  perceptron('a perceptron with LeakyRelu in INT8 around −3', 'INT8', -3, ['LeakyRelu', ALPHA(0.375)]),
  perceptron('a perceptron with LeakyRelu in UINT8 around 128', 'UINT8', 128, ['LeakyRelu', ALPHA(0.5)]),
  perceptron('a perceptron in UINT8 around 255', 'UINT8', 255, ['Identity']),
  convolution('a convolution with Relu in UINT8', 'UINT8', 0, ['Relu']),
  convolution('a convolution with Relu in INT8 around 5', 'INT8', 5, ['Relu']),
  convolution('a convolution with LeakyRelu in UINT8 around 101', 'UINT8', 101, ['LeakyRelu', ALPHA(0.125)]),
  means('means of a convolution in UINT8', 'UINT8', 0, ['Relu']),
  means('means of a convolution in INT8 around 4', 'INT8', 4, ['Relu']),
  means('means of a convolution in UINT8 around 101', 'UINT8', 101, ['LeakyRelu', ALPHA(0.125)]),
];

/** Inputs around the range of a model, in steps of half its scale: every second one is a tie. */
export function inputsOf({ elements, scaleLog2 }: QuantisedModel, count: number): number[][] {
  const next = numbers(7);
  const scale = 2 ** scaleLog2;
  return Array.from({ length: count }, () =>
    Array.from({ length: elements }, () => (((next() % 1_025) - 512) / 2) * scale),
  );
}

/** What the runtime answers, row by row. @param level how much it may change the graph */
export function runtimeAnswers(file: Uint8Array, rows: number[][], level: 'disabled' | 'all'): number[][] {
  const input = JSON.stringify({ model: Buffer.from(file).toString('base64'), level, rows });
  const child = spawnSync(process.execPath, [SCRIPT], {
    input,
    encoding: 'utf8',
    maxBuffer: OUTPUT_BYTES_MAX,
  });
  if (child.status !== 0) throw new Error(`The runtime failed: ${child.stderr}`);
  return JSON.parse(child.stdout) as number[][];
}

/** What the integer model answers, row by row. */
export function integerAnswers(file: Uint8Array, rows: number[][]): number[][] {
  const model = compileIntegerModel(file);
  const [[input], [output]] = [model.inputs, model.outputs];
  if (input === undefined || output === undefined) throw new Error('The model has no input or no output.');
  return rows.map((row) => {
    const [values] = runIntegerModel(model, [quantise(input, row)]).outputs;
    return [...outputValues(output, values ?? [])];
  });
}
