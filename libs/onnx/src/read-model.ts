import type { OnnxAttribute, OnnxModel, OnnxNode, OnnxTensor, OnnxValue } from './model.js';
import { malformed, type Field } from './protobuf-fields.js';
import { contents, eachField, floats, integer, integers, text } from './read-fields.js';
import { readTensor, typeOf } from './read-tensor.js';

/** `AttributeProto.AttributeType` of the kinds that are read. */
const ATTRIBUTE_KINDS: Readonly<Record<number, OnnxAttribute['kind']>> = {
  1: 'float',
  2: 'int',
  3: 'string',
  4: 'tensor',
  6: 'floats',
  7: 'ints',
};

/**
 * Reads the graph of an ONNX file with its weights. What a graph may not hold for what is done with it, its reader says;
 * refused here is what no reader could make sense of.
 *
 * @throws AppError `model-invalid`
 */
export function readOnnxModel(file: Uint8Array): OnnxModel {
  const graphs: Uint8Array[] = [];
  let opset = 0;
  eachField(file, {
    7: (field) => graphs.push(contents(field)),
    8: (field) => (opset = opsetOf(contents(field)) ?? opset),
  });
  const [graph, ...more] = graphs;
  if (graph === undefined || more.length > 0) throw malformed('it does not hold one graph');
  if (opset === 0) throw malformed("it names no version of ONNX's operators");
  return { opset, ...readGraph(graph) };
}

function opsetOf(message: Uint8Array): number | undefined {
  let domain = '';
  let version = 0;
  eachField(message, { 1: (field) => (domain = text(field)), 2: (field) => (version = integer(field)) });
  return domain === '' || domain === 'ai.onnx' ? version : undefined;
}

function readGraph(message: Uint8Array): Omit<OnnxModel, 'opset'> {
  const nodes: OnnxNode[] = [];
  const constants = new Map<string, OnnxTensor>();
  const inputs: OnnxValue[] = [];
  const outputs: OnnxValue[] = [];
  eachField(message, {
    1: (field) => nodes.push(readNode(contents(field))),
    5: (field) => {
      const tensor = readTensor(contents(field));
      if (constants.has(tensor.name))
        throw malformed(`the constant ${JSON.stringify(tensor.name)} stands there twice`);
      constants.set(tensor.name, tensor);
    },
    11: (field) => inputs.push(readValue(contents(field))),
    12: (field) => outputs.push(readValue(contents(field))),
    15: () => {
      throw malformed('it has a sparse constant, which is not read');
    },
  });
  return { nodes, constants, inputs: inputs.filter(({ name }) => !constants.has(name)), outputs };
}

function readNode(message: Uint8Array): OnnxNode {
  const inputs: string[] = [];
  const outputs: string[] = [];
  const attributes = new Map<string, OnnxAttribute>();
  let [name, op, domain] = ['', '', ''];
  eachField(message, {
    1: (field) => inputs.push(text(field)),
    2: (field) => outputs.push(text(field)),
    3: (field) => (name = text(field)),
    4: (field) => (op = text(field)),
    5: (field) => {
      const [key, attribute] = readAttribute(contents(field));
      if (attributes.has(key)) throw malformed(`a node has the attribute ${JSON.stringify(key)} twice`);
      attributes.set(key, attribute);
    },
    7: (field) => (domain = text(field)),
  });
  return { name, op, domain: domain === 'ai.onnx' ? '' : domain, inputs, outputs, attributes };
}

function readAttribute(message: Uint8Array): [string, OnnxAttribute] {
  let name = '';
  let kind: OnnxAttribute['kind'] = 'other';
  const read: { [Kind in OnnxAttribute['kind']]?: unknown } = { floats: [], ints: [], float: 0, int: 0 };
  const append = (list: unknown, values: number[]): number[] => [...(list as number[]), ...values];
  eachField(message, {
    1: (field) => (name = text(field)),
    2: (field) => (read.float = one(floats(field))),
    3: (field) => (read.int = integer(field)),
    4: (field) => (read.string = text(field)),
    5: (field) => (read.tensor = readTensor(contents(field))),
    7: (field) => (read.floats = append(read.floats, floats(field))),
    8: (field) => (read.ints = append(read.ints, integers(field))),
    20: (field) => (kind = ATTRIBUTE_KINDS[integer(field)] ?? 'other'),
  });
  if (kind === 'other') return [name, { kind }];
  const value = kind === 'string' ? (read.string ?? '') : read[kind];
  if (value === undefined) throw malformed(`the attribute ${JSON.stringify(name)} has no value of its type`);
  return [name, { kind, value } as OnnxAttribute];
}

function one([value]: number[]): number {
  if (value === undefined) throw malformed('an attribute has no value');
  return value;
}

function readValue(message: Uint8Array): OnnxValue {
  let name = '';
  let tensor: Pick<OnnxValue, 'type' | 'shape'> = { type: undefined, shape: undefined };
  eachField(message, {
    1: (field) => (name = text(field)),
    2: (type) => eachField(contents(type), { 1: (field) => (tensor = readTensorType(contents(field))) }),
  });
  return { name, ...tensor };
}

function readTensorType(message: Uint8Array): Pick<OnnxValue, 'type' | 'shape'> {
  let type: OnnxValue['type'];
  let shape: (number | undefined)[] | undefined;
  eachField(message, {
    1: (field) => (type = typeOf(field)),
    2: (field) => {
      shape = [];
      const read = (dimension: Field): unknown => shape?.push(sizeOf(contents(dimension)));
      eachField(contents(field), { 1: read });
    },
  });
  return { type, shape };
}

function sizeOf(message: Uint8Array): number | undefined {
  let size: number | undefined;
  eachField(message, { 1: (field) => (size = integer(field)) });
  return size;
}
