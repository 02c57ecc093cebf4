import type { OnnxAttribute, OnnxModel, OnnxNode, OnnxTensor, OnnxValue } from './model.js';
import { malformed } from './protobuf-fields.js';
import { appendFloats, appendIntegers, contents, eachField, float, integer, text } from './read-fields.js';
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
  let graph: Uint8Array | undefined;
  const opsets: number[] = [];
  eachField(
    file,
    { 7: (field) => (graph = contents(field)) },
    {
      8: (field) => opsets.push(...opsetOf(contents(field))),
      25: () => {
        throw malformed('it defines functions of its own, which are not read');
      },
    },
  );
  if (graph === undefined) throw malformed('it holds no graph');
  const [opset, ...more] = opsets;
  if (opset === undefined || more.length > 0)
    throw malformed("it does not name one version of ONNX's operators");
  return { opset, ...readGraph(graph) };
}

/** The version of ONNX's own operators; none for those of others. */
function opsetOf(message: Uint8Array): readonly number[] {
  let domain = '';
  let version = 0;
  eachField(message, { 1: (field) => (domain = text(field)), 2: (field) => (version = integer(field)) });
  return domain === '' || domain === 'ai.onnx' ? [version] : [];
}

function readGraph(message: Uint8Array): Omit<OnnxModel, 'opset'> {
  const nodes: OnnxNode[] = [];
  const constants = new Map<string, OnnxTensor>();
  const inputs: OnnxValue[] = [];
  const outputs: OnnxValue[] = [];
  eachField(
    message,
    {},
    {
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
    },
  );
  return { nodes, constants, inputs: inputs.filter(({ name }) => !constants.has(name)), outputs };
}

function readNode(message: Uint8Array): OnnxNode {
  const inputs: string[] = [];
  const outputs: string[] = [];
  const attributes = new Map<string, OnnxAttribute>();
  let [name, op, domain] = ['', '', ''];
  eachField(
    message,
    {
      3: (field) => (name = text(field)),
      4: (field) => (op = text(field)),
      7: (field) => (domain = text(field)),
    },
    {
      1: (field) => inputs.push(text(field)),
      2: (field) => outputs.push(text(field)),
      5: (field) => {
        const [key, attribute] = readAttribute(contents(field));
        if (attributes.has(key)) throw malformed(`a node has the attribute ${JSON.stringify(key)} twice`);
        attributes.set(key, attribute);
      },
    },
  );
  return { name, op, domain: domain === 'ai.onnx' ? '' : domain, inputs, outputs, attributes };
}

function readAttribute(message: Uint8Array): [string, OnnxAttribute] {
  let name = '';
  let kind: OnnxAttribute['kind'] = 'other';
  const floats: number[] = [];
  const ints: number[] = [];
  // What a file leaves out is 0, an empty text or an empty list.
  const read: { [Kind in OnnxAttribute['kind']]?: unknown } = { float: 0, int: 0, string: '', floats, ints };
  eachField(
    message,
    {
      1: (field) => (name = text(field)),
      2: (field) => (read.float = float(field)),
      3: (field) => (read.int = integer(field)),
      4: (field) => (read.string = text(field)),
      5: (field) => (read.tensor = readTensor(contents(field))),
      20: (field) => (kind = ATTRIBUTE_KINDS[integer(field)] ?? 'other'),
    },
    { 7: (field) => appendFloats(floats, field), 8: (field) => appendIntegers(ints, field) },
  );
  if (kind === 'other') return [name, { kind }];
  const value = read[kind];
  if (value === undefined) throw malformed(`the attribute ${JSON.stringify(name)} has no value of its type`);
  return [name, { kind, value } as OnnxAttribute];
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
    2: (field) => (shape = readShape(contents(field))),
  });
  return { type, shape };
}

function readShape(message: Uint8Array): (number | undefined)[] {
  const shape: (number | undefined)[] = [];
  eachField(message, {}, { 1: (dimension) => shape.push(sizeOf(contents(dimension))) });
  return shape;
}

function sizeOf(message: Uint8Array): number | undefined {
  let size: number | undefined;
  eachField(message, { 1: (field) => (size = integer(field)) });
  return size;
}
