import { readOnnxModel, type OnnxModel, type OnnxNode, type OnnxValue } from '@touchstone/onnx';
import { CALIBRATION_ROWS_MAX, MODEL_NODES_MAX, OUTPUTS_MAX } from '../limits.js';
import {
  elementsOf,
  RANGES,
  type IntegerInput,
  type IntegerModel,
  type PostProcessing,
} from '../model/integer-model.js';
import { quantise, scaleOf } from '../model/quantise.js';
import { wireAffine } from './affine.js';
import { NodeReader } from './compilation.js';
import { inputShape, integerInput, uniformRows } from './inputs.js';
import { Layers } from './layers.js';
import { operators } from './operators/index.js';
import { unsupported } from './unsupported.js';
import { constantOf, plainSums, type Value } from './value.js';

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
    for (const constant of this.model.constants.values()) this.define(constant.name, constantOf(constant));
    const inputs = this.model.inputs.map((value) => this.input(value));
    for (const node of this.neededNodes()) this.node(node);
    const found = this.model.outputs.map(({ name }) => this.value(name));
    const post = found.flatMap((value) => (value.kind === 'post' ? [value.post] : []));
    const names = new Set(this.model.outputs.map(({ name }) => sourceOf(name, post)));
    const outputs = [...names].map((name) => this.output(name));
    const count = outputs.reduce((all, { shape }) => all + elementsOf(shape), 0);
    if (count === 0) throw unsupported('the graph', 'has no output');
    if (count > OUTPUTS_MAX) throw unsupported('the graph', `has ${count} outputs, more than ${OUTPUTS_MAX}`);
    return { inputs, layers: this.layers.layers, outputs, post };
  }

  private input(value: OnnxValue): IntegerInput {
    const { name } = value;
    const where = `the input ${JSON.stringify(name)}`;
    const shape = inputShape(where, value);
    this.layers.requireRoom(where, elementsOf(shape));
    this.layers.claim(where, elementsOf(shape));
    const { stated } = this.options;
    const samples = stated ? [] : this.samplesOf(where, name, elementsOf(shape));
    const input = stated
      ? statedInput(stated, where, { name, shape })
      : integerInput(this.model, value, shape, { ...this.options.ranges?.get(name), samples });
    const rows =
      samples.length > 0 || stated ? samples.map((row) => quantise(input, row)) : uniformRows(input);
    const [least, most] = RANGES[input.datatype];
    const sums = Array.from({ length: elementsOf(shape) }, (_, at) => {
      const values = Float64Array.from(rows, (row) => (row[at] as number) - input.zeroPoint);
      const wire = this.layers.input(least - input.zeroPoint, most - input.zeroPoint, values);
      return wireAffine(wire, scaleOf(input, at));
    });
    this.define(name, plainSums(shape, sums));
    return input;
  }

  private samplesOf(where: string, name: string, count: number): ArrayLike<number>[] {
    const rows = (this.options.samples ?? [])
      .slice(0, CALIBRATION_ROWS_MAX)
      .map((row) => row.get(name) ?? []);
    if (rows.some((row) => row.length !== count || !Array.from(row).every(Number.isFinite)))
      throw unsupported(where, `has samples that are not ${count} finite numbers`);
    return rows;
  }

  /** In a graph, each name is given once; of two, readers would take different ones. */
  private define(name: string, value: Value): void {
    if (this.values.has(name)) throw unsupported('the graph', `gives ${JSON.stringify(name)} twice`);
    this.values.set(name, value);
  }

  private node(node: OnnxNode): void {
    const read = new NodeReader(
      node,
      this.model.opset,
      this.model.constants,
      (name) => this.value(name),
      this.layers,
    );
    // What an object inherits (`constructor`) is no operator.
    const operator = node.domain === '' && Object.hasOwn(operators, node.op) ? operators[node.op] : undefined;
    if (operator === undefined)
      return read.refuse(`is not among what can be proved (${Object.keys(operators).join(', ')})`);
    const [first, ...more] = node.outputs as readonly [string, ...string[]];
    if (more.some((name) => name !== '')) read.refuse('has more than one output');
    this.define(first, operator(read, this.layers));
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
      if (isNeeded) for (const name of inputs) if (name !== '') needed.add(name);
      return isNeeded;
    });
    return nodes.reverse();
  }

  private output(name: string): IntegerModel['outputs'][number] {
    const where = `the output ${JSON.stringify(name)}`;
    const value = this.value(name);
    if (value.kind !== 'sums') throw unsupported(where, 'does not depend on any input');
    const { shape, sums } = this.layers.settle(where, value);
    const { rows, scaleLog2 } = this.layers.rows(where, sums);
    return { name, shape, datatype: 'INT32', scaleLog2, rows };
  }
}

/** The input as a descriptor states it. Whether it is the model's own, the comparison of the whole descriptors says. */
function statedInput(
  { inputs }: StatedScales,
  where: string,
  { name, shape }: Pick<IntegerInput, 'name' | 'shape'>,
): IntegerInput {
  const input = inputs.find((one) => one.name === name);
  if (input === undefined) throw unsupported(where, 'is not in its descriptor');
  if (input.shape.join() !== shape.join()) throw unsupported(where, 'has another shape in its descriptor');
  const elements = elementsOf(shape);
  if (![1, elements].includes(input.scaleLog2.length))
    throw unsupported(where, `has not one scale in its descriptor, and not ${elements}`);
  return input;
}

/** What the verifier computes comes from an output of the integer model. */
function sourceOf(name: string, post: readonly PostProcessing[]): string {
  return post.find((one) => one.name === name)?.from ?? name;
}
