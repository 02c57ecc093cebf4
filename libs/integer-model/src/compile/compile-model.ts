import { readOnnxModel, type OnnxModel, type OnnxNode, type OnnxValue } from '@touchstone/onnx';
import { CALIBRATION_ROWS_MAX, MODEL_NODES_MAX, OUTPUTS_MAX } from '../limits.js';
import {
  elementsOf,
  RANGES,
  type IntegerInput,
  type IntegerModel,
  type PostProcessing,
} from '../model/integer-model.js';
import { quantise } from '../model/quantise.js';
import { wireAffine } from './affine.js';
import { NodeReader } from './compilation.js';
import { integerInput } from './inputs.js';
import { Layers } from './layers.js';
import { operators } from './operators/index.js';
import { unsupported } from './unsupported.js';
import { constantOf, plainSums, type Sums, type Value } from './value.js';

/** What a compilation goes by besides the file. */
export interface CompileOptions {
  /** Least and greatest value of the elements of an input, by its name. */
  readonly ranges?: ReadonlyMap<string, { readonly minimum?: number; readonly maximum?: number }>;
  /** Inputs by name, row-major, by which the scales of the activations are chosen. */
  readonly samples?: readonly ReadonlyMap<string, ArrayLike<number>>[];
  /** Scales as a descriptor states them; then nothing is chosen, and ranges and samples are not looked at. */
  readonly stated?: StatedScales;
}

/** What was chosen when a model was compiled first: with it and the file anybody compiles the same one again. */
export interface StatedScales {
  readonly inputs: readonly IntegerInput[];
  /** One for each layer, as a power of two. */
  readonly activations: readonly number[];
}

/**
 * Compiles an ONNX file into a network in whole numbers. The same file and options give the same network on every machine.
 *
 * @throws AppError `model-invalid` with the node that cannot be proved, and what to change
 */
export function compileIntegerModel(file: Uint8Array, options: CompileOptions = {}): IntegerModel {
  const model = readOnnxModel(file);
  if (model.nodes.length > MODEL_NODES_MAX)
    throw unsupported('the graph', `has ${model.nodes.length} nodes, more than ${MODEL_NODES_MAX}`);
  return new ModelCompiler(model, options).compile();
}

class ModelCompiler {
  private readonly layers: Layers;
  private readonly values = new Map<string, Value>();

  constructor(
    private readonly model: OnnxModel,
    private readonly options: CompileOptions,
  ) {
    this.layers = new Layers(options.stated?.activations);
  }

  compile(): IntegerModel {
    for (const constant of this.model.constants.values())
      this.values.set(constant.name, constantOf(constant));
    const inputs = this.model.inputs.map((value) => this.input(value.name));
    for (const node of this.neededNodes()) this.node(node);
    const found = this.model.outputs.map(({ name }) => this.value(name));
    const post = found.flatMap((value) => (value.kind === 'post' ? [value.post] : []));
    const names = new Set(this.model.outputs.map(({ name }) => sourceOf(name, post)));
    const outputs = [...names].map((name) => this.output(name));
    const count = outputs.reduce((all, { shape }) => all + elementsOf(shape), 0);
    if (count > OUTPUTS_MAX) throw unsupported('the graph', `has ${count} outputs, more than ${OUTPUTS_MAX}`);
    return { inputs, layers: this.layers.layers, outputs, post };
  }

  private input(name: string): IntegerInput {
    const value = this.model.inputs.find((input) => input.name === name);
    if (value === undefined) throw unsupported('the graph', `has no input ${name}`);
    const { stated } = this.options;
    const samples = stated ? [] : this.samplesOf(name);
    const input = stated
      ? statedInput(stated, value, name)
      : integerInput(this.model, value, { ...this.options.ranges?.get(name), samples });
    const count = elementsOf(input.shape);
    if (samples.some(({ length }) => length !== count))
      throw unsupported(`the input ${JSON.stringify(name)}`, `has samples of another size than ${count}`);
    const rows = samples.length > 0 || stated ? samples : uniform(input);
    const quantised = rows.map((row) => quantise(input, row));
    const [least, most] = RANGES[input.datatype];
    const sums = Array.from({ length: count }, (_, at) => {
      const values = Float64Array.from(quantised, (row) => (row[at] as number) - input.zeroPoint);
      const wire = this.layers.input(least - input.zeroPoint, most - input.zeroPoint, values);
      return wireAffine(
        wire,
        2 ** ((input.scaleLog2.length === 1 ? input.scaleLog2[0] : input.scaleLog2[at]) as number),
      );
    });
    this.values.set(name, plainSums(input.shape, sums));
    return input;
  }

  private samplesOf(name: string): ArrayLike<number>[] {
    return (this.options.samples ?? []).slice(0, CALIBRATION_ROWS_MAX).map((row) => row.get(name) ?? []);
  }

  private node(node: OnnxNode): void {
    const read = new NodeReader(
      node,
      this.model.opset,
      this.model.constants,
      (name) => this.value(name),
      this.layers,
    );
    const operator = node.domain === '' ? operators[node.op] : undefined;
    if (operator === undefined)
      return read.refuse(`is not among what can be proved (${Object.keys(operators).join(', ')})`);
    const [first = ''] = node.outputs;
    if (node.outputs.slice(1).some((name) => name !== '')) read.refuse('has more than one output');
    this.values.set(first, operator(read, this.layers));
  }

  private value(name: string): Value {
    const value = this.values.get(name);
    if (value === undefined)
      throw unsupported('the graph', `uses ${JSON.stringify(name)} before anything gives it`);
    return value;
  }

  /** Nodes that outputs depend on, in their order. */
  private neededNodes(): OnnxNode[] {
    const needed = new Set(this.model.outputs.map(({ name }) => name));
    const nodes = [...this.model.nodes].reverse().filter(({ outputs, inputs }) => {
      const isNeeded = outputs.some((name) => needed.has(name));
      if (isNeeded) for (const name of inputs) needed.add(name);
      return isNeeded;
    });
    return nodes.reverse();
  }

  private output(name: string): IntegerModel['outputs'][number] {
    const where = `the output ${JSON.stringify(name)}`;
    const value = this.value(name);
    if (value.kind !== 'sums') throw unsupported(where, 'does not depend on any input');
    const { lower, upper, slope } = value.activation;
    const isPlain = lower === -Infinity && upper === Infinity && slope === 1;
    const { shape, sums }: Sums = isPlain ? value : this.layers.layer(where, value);
    const { rows, scaleLog2 } = this.layers.rows(where, sums);
    return { name, shape, datatype: 'INT32', scaleLog2, rows };
  }
}

/** The input as a descriptor states it. Whether it is the model's own, the comparison of the whole descriptors says. */
function statedInput({ inputs }: StatedScales, value: OnnxValue, name: string): IntegerInput {
  const input = inputs.find((one) => one.name === name);
  const where = `the input ${JSON.stringify(name)}`;
  if (input === undefined) throw unsupported(where, 'is not in its descriptor');
  const elements = elementsOf(input.shape);
  if (![1, elements].includes(input.scaleLog2.length))
    throw unsupported(where, `has not one scale in its descriptor, and not ${elements}`);
  const sizes = value.shape?.map((size, axis) => size ?? (axis === 0 ? 1 : undefined));
  if (sizes?.join() !== input.shape.join()) throw unsupported(where, 'has another shape in its descriptor');
  return input;
}

/** What the verifier computes comes from an output of the integer model. */
function sourceOf(name: string, post: readonly PostProcessing[]): string {
  return post.find((one) => one.name === name)?.from ?? name;
}

/** Rows over the whole range of an input, for a model without samples: the same ones every time. */
function uniform(input: IntegerInput): Float64Array[] {
  const [least, most] = RANGES[input.datatype];
  let state = 1;
  const next = (): number => {
    // Lehmer's generator (Park and Miller 1988).
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
  return Array.from({ length: CALIBRATION_ROWS_MAX }, () =>
    Float64Array.from({ length: elementsOf(input.shape) }, (_, at) => {
      const scale =
        2 ** ((input.scaleLog2.length === 1 ? input.scaleLog2[0] : input.scaleLog2[at]) as number);
      return (least + Math.floor(next() * (most - least + 1)) - input.zeroPoint) * scale;
    }),
  );
}
