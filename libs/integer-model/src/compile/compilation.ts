import type { OnnxNode, OnnxTensor } from '@touchstone/onnx';
import { unsupported } from './unsupported.js';
import type { AffineSums } from './affine.js';
import type { Constant, Sums, Value } from './value.js';

/** A scale that a model states itself: value = (q − zeroPoint) · 2^scaleLog2, with q between `least` and `most`. */
export interface StatedScale {
  readonly scaleLog2: number;
  readonly zeroPoint: number;
  readonly least: number;
  readonly most: number;
}

/** What an operator may do while a graph is compiled. */
export interface Compilation {
  readonly sums: AffineSums;
  /** Makes a layer: one wire for each sum, with the activation applied; the scale is the stated one, or chosen by samples. */
  layer(name: string, value: Sums, stated?: StatedScale): Sums;
}

/** One operator: from a node and its inputs to its first output. */
export type Operator = (node: NodeReader, compilation: Compilation) => Value;

/** A node as its operator reads it: inputs by place, attributes by name, each with the type that is expected. */
export class NodeReader {
  readonly where: string;

  constructor(
    readonly node: OnnxNode,
    readonly opset: number,
    private readonly constants: ReadonlyMap<string, OnnxTensor>,
    private readonly valueOf: (name: string) => Value,
    private readonly compilation: Compilation,
  ) {
    this.where = `${node.op} ${JSON.stringify(node.name || node.outputs[0] || '')}`;
  }

  /** @throws AppError `model-invalid` naming the node */
  refuse(why: string): never {
    throw unsupported(this.where, why);
  }

  has(index: number): boolean {
    return (this.node.inputs[index] ?? '') !== '';
  }

  value(index: number): Constant | Sums {
    const name = this.node.inputs[index];
    if (name === undefined || name === '') return this.refuse(`lacks its input ${index}`);
    const value = this.valueOf(name);
    if (value.kind === 'post')
      return this.refuse(
        `works on what ${value.post.op} gives, which is computed after the proof; end the graph there`,
      );
    return value;
  }

  /** A constant of the file, with its element type. */
  tensor(index: number): OnnxTensor {
    const tensor = this.constants.get(this.node.inputs[index] ?? '');
    return tensor ?? this.refuse(`needs a constant of the file as its input ${index}`);
  }

  constant(index: number): Constant {
    const value = this.value(index);
    return value.kind === 'constant'
      ? value
      : this.refuse(
          `needs a constant as its input ${index}; what is computed from inputs cannot stand there`,
        );
  }

  /** Sums without anything left to do: an activation before becomes a layer. */
  plain(index: number): Sums {
    const value = this.pending(index);
    const { lower, upper, slope } = value.activation;
    if (lower === -Infinity && upper === Infinity && slope === 1) return value;
    return this.compilation.layer(this.where, value);
  }

  /** Sums with what is left to do. */
  pending(index: number): Sums {
    const value = this.value(index);
    return value.kind === 'sums'
      ? value
      : this.refuse(`needs what is computed from inputs as its input ${index}`);
  }

  int(name: string, otherwise: number): number {
    const attribute = this.node.attributes.get(name);
    if (attribute === undefined) return otherwise;
    return attribute.kind === 'int' ? attribute.value : this.refuse(`has a ${name} that is no whole number`);
  }

  float(name: string, otherwise: number): number {
    const attribute = this.node.attributes.get(name);
    if (attribute === undefined) return otherwise;
    return attribute.kind === 'float' ? attribute.value : this.refuse(`has a ${name} that is no number`);
  }

  ints(name: string, otherwise: readonly number[]): readonly number[] {
    const attribute = this.node.attributes.get(name);
    if (attribute === undefined) return otherwise;
    return attribute.kind === 'ints' ? attribute.value : this.refuse(`has ${name} that are no whole numbers`);
  }

  string(name: string, otherwise: string): string {
    const attribute = this.node.attributes.get(name);
    if (attribute === undefined) return otherwise;
    return attribute.kind === 'string' ? attribute.value : this.refuse(`has a ${name} that is no text`);
  }
}
