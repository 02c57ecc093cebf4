import { AXES_MAX, type OnnxNode, type OnnxTensor } from '@touchstone/onnx';
import { elementsOf } from '../model/integer-model.js';
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
  /** Counts elements that a tensor will have. @throws AppError `model-invalid` naming `where`, beyond ELEMENTS_MAX */
  claim(where: string, elements: number): void;
  /** Makes a layer of sums with which something is left to do, one layer however often it is asked for. */
  settle(name: string, value: Sums): Sums;
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
    this.where = `${node.op} ${JSON.stringify(node.name || node.outputs[0])}`;
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
    const tensor = this.constants.get(this.node.inputs[index] as string);
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
    return this.compilation.settle(this.where, this.pending(index));
  }

  /**
   * The shape of a tensor that the node is about to make. It is asked before anything is made: a few numbers in a file can
   * stand for more elements than a machine holds.
   *
   * @throws AppError `model-invalid` for too many axes or elements, and for no element
   */
  shape(sizes: readonly number[]): readonly number[] {
    if (sizes.some((size) => size < 1)) this.refuse(`makes the empty shape [${sizes}]`);
    this.compilation.claim(this.where, elementsOf(sizes));
    return this.rank(sizes);
  }

  /** A shape of elements that are there already. @throws AppError `model-invalid` for too many axes */
  rank(sizes: readonly number[]): readonly number[] {
    if (sizes.length > AXES_MAX) this.refuse(`makes ${sizes.length} axes; at most ${AXES_MAX} can be proved`);
    return sizes;
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
    return attribute.kind === 'int'
      ? attribute.value
      : this.refuse(`has the attribute ${name}, which is no whole number`);
  }

  float(name: string, otherwise: number): number {
    const attribute = this.node.attributes.get(name);
    if (attribute === undefined) return otherwise;
    return attribute.kind === 'float'
      ? attribute.value
      : this.refuse(`has the attribute ${name}, which is no float`);
  }

  ints(name: string, otherwise: readonly number[]): readonly number[] {
    const attribute = this.node.attributes.get(name);
    if (attribute === undefined) return otherwise;
    return attribute.kind === 'ints'
      ? attribute.value
      : this.refuse(`has the attribute ${name}, which is no list of whole numbers`);
  }

  floats(name: string): readonly number[] {
    const attribute = this.node.attributes.get(name);
    return attribute?.kind === 'floats'
      ? attribute.value
      : this.refuse(`has the attribute ${name}, which is no list of floats`);
  }

  string(name: string, otherwise: string): string {
    const attribute = this.node.attributes.get(name);
    if (attribute === undefined) return otherwise;
    return attribute.kind === 'string'
      ? attribute.value
      : this.refuse(`has the attribute ${name}, which is no text`);
  }
}
