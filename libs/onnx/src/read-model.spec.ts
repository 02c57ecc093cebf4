import { describe, expect, it } from '@jest/globals';
import {
  field,
  floatField,
  join,
  linearClassifier,
  onnxAttribute,
  onnxGraph,
  onnxModel,
  onnxTensor,
} from '@touchstone/testing';
import { refusalOf } from '../test/refusal-of.js';
import { REFUSAL_CHARACTERS_MAX } from './protobuf-fields.js';
import { readOnnxModel } from './read-model.js';

const x = [{ name: 'x', shape: [1, 2] }];
const y = [{ name: 'y' }];
const node = { op: 'Identity', inputs: ['x'], outputs: ['y'] };
const graph = onnxGraph({ inputs: x, outputs: y, nodes: [node] });
const opset = field(8, join(field(1, ''), field(2, 17)));
const file = (...fields: Uint8Array[]) => join(field(7, graph), opset, ...fields);
const withAttributes = (...attributes: Uint8Array[]) =>
  onnxModel({ inputs: x, outputs: y, nodes: [{ ...node, attributes }] });
const withGraph = (...fields: Uint8Array[]) => join(field(7, join(graph, ...fields)), opset);
const attributesOf = (model: Uint8Array) => readOnnxModel(model).nodes[0]?.attributes;

describe('readOnnxModel', () => {
  it('reads nodes, constants, inputs and outputs of a graph', () => {
    const model = readOnnxModel(linearClassifier([[1, 2]], [0.5, -3]));
    expect(model.opset).toBe(17);
    expect(model.inputs).toEqual([{ name: 'features', type: 'FLOAT', shape: [undefined, 1] }]);
    expect(model.outputs).toEqual([{ name: 'probabilities', type: 'FLOAT', shape: [undefined, 2] }]);
    expect(model.constants.get('bias')).toEqual({
      name: 'bias',
      type: 'FLOAT',
      shape: [2],
      data: Float64Array.of(0.5, -3),
    });
    const gemm = { name: '', op: 'Gemm', domain: '', attributes: new Map() };
    expect(model.nodes[0]).toEqual({
      ...gemm,
      inputs: ['features', 'weights', 'bias'],
      outputs: ['scores'],
    });
  });

  it('reads attributes of every kind, and keeps the place of those that it does not know', () => {
    const tensor = onnxTensor('', [2], [1, 2]);
    const attributes = attributesOf(
      withAttributes(
        onnxAttribute('int', { int: -3 }),
        onnxAttribute('float', { float: 0.25 }),
        onnxAttribute('string', { string: 'SAME_UPPER' }),
        onnxAttribute('tensor', { tensor }),
        onnxAttribute('ints', { ints: [1, -1, 300] }),
        onnxAttribute('floats', { floats: [1.5, -2] }),
        join(field(1, 'body'), field(6, graph), field(20, 5)),
        join(field(1, 'nothing')),
      ),
    );
    expect(Object.fromEntries(attributes ?? [])).toEqual({
      int: { kind: 'int', value: -3 },
      float: { kind: 'float', value: 0.25 },
      string: { kind: 'string', value: 'SAME_UPPER' },
      tensor: { kind: 'tensor', value: { name: '', type: 'FLOAT', shape: [2], data: Float64Array.of(1, 2) } },
      ints: { kind: 'ints', value: [1, -1, 300] },
      floats: { kind: 'floats', value: [1.5, -2] },
      body: { kind: 'other' },
      nothing: { kind: 'other' },
    });
  });

  it('reads packed lists in parts, and what is left out as nothing', () => {
    const floats = new Uint8Array(Float32Array.of(1, 2).buffer);
    const attributes = attributesOf(
      withAttributes(
        join(field(1, 'ints'), field(8, Uint8Array.of(1, 0xac, 2)), field(8, 7), field(20, 7)),
        join(field(1, 'floats'), field(7, floats), floatField(7, 3), field(20, 6)),
        join(field(1, 'int'), field(20, 2)),
        join(field(1, 'string'), field(20, 3)),
        join(field(1, 'none'), field(20, 7)),
      ),
    );
    expect([...(attributes ?? [])].map(([, attribute]) => attribute)).toEqual([
      { kind: 'ints', value: [1, 300, 7] },
      { kind: 'floats', value: [1, 2, 3] },
      { kind: 'int', value: 0 },
      { kind: 'string', value: '' },
      { kind: 'ints', value: [] },
    ]);
  });

  it('takes ONNX by both of its names, beside operator sets of others', () => {
    const model = join(
      field(7, onnxGraph({ inputs: x, outputs: y, nodes: [{ ...node, domain: 'ai.onnx' }] })),
      field(8, join(field(1, 'ai.onnx.ml'), field(2, 3))),
      field(8, join(field(1, 'ai.onnx'), field(2, 13))),
    );
    expect(readOnnxModel(model)).toMatchObject({ opset: 13, nodes: [{ domain: '' }] });
  });

  it('takes constants out of the inputs, as files of the first versions list them', () => {
    const model = onnxModel({
      nodes: [node],
      inputs: [...x, { name: 'c' }],
      outputs: y,
      initializers: [onnxTensor('c', [], [1])],
    });
    expect(readOnnxModel(model).inputs.map(({ name }) => name)).toEqual(['x']);
  });

  it('leaves open what a file does not say of a tensor', () => {
    const inputs = [{ name: 'a' }, { name: 'b', type: 'STRING' as const, shape: ['n', -1] }];
    const model = join(
      field(7, join(onnxGraph({ nodes: [node], inputs, outputs: [] }), field(12, field(1, 'y')))),
      opset,
    );
    const read = readOnnxModel(model);
    expect(read.inputs).toEqual([
      { name: 'a', type: 'FLOAT', shape: undefined },
      { name: 'b', type: undefined, shape: [undefined, -1] },
    ]);
    expect(read.outputs).toEqual([{ name: 'y', type: undefined, shape: undefined }]);
  });

  it.each<[string, Uint8Array, RegExp]>([
    ['an empty file', new Uint8Array(), /holds no graph/],
    ['two graphs', file(field(7, graph)), /the field 7 stands there twice/],
    ['a graph that is a number', join(field(7, 1), opset), /the field 7 is not a message/],
    ['no operator set', field(7, graph), /does not name one version/],
    ['an operator set of others alone', join(field(7, graph), field(8, field(1, 'a.b'))), /one version/],
    ['two versions of ONNX', file(opset), /one version/],
    ['functions of its own', file(field(25, field(1, 'Relu'))), /functions of its own/],
    ['a sparse constant', withGraph(field(15, new Uint8Array())), /sparse constant/],
    [
      'a constant twice',
      withGraph(field(5, onnxTensor('c', [], [1])), field(5, onnxTensor('c', [], [2]))),
      /the constant "c" stands there twice/,
    ],
    [
      'an attribute twice',
      withAttributes(onnxAttribute('a', { int: 1 }), onnxAttribute('a', { int: 2 })),
      /the attribute "a" twice/,
    ],
    ['a value twice', withAttributes(join(field(1, 'a'), field(3, 1), field(3, 2), field(20, 2))), /twice/],
    ['an operator twice', withGraph(field(1, join(field(4, 'A'), field(4, 'B')))), /the field 4 stands/],
    ['a tensor that is missing', withAttributes(join(field(1, 'a'), field(20, 4))), /no value of its type/],
    ['an int as text', withAttributes(join(field(1, 'a'), field(3, 'b'), field(20, 2))), /one whole number/],
    ['a float as varint', withAttributes(join(field(1, 'a'), field(2, 1), field(20, 1))), /not one float/],
    ['floats as varint', withAttributes(join(field(1, 'a'), field(7, 1), field(20, 6))), /holds no floats/],
    ['floats cut off', withAttributes(join(field(1, 'a'), field(7, 'abc'), field(20, 6))), /holds no floats/],
    [
      'ints of four bytes each',
      withAttributes(join(field(1, 'a'), floatField(8, 1), field(20, 7))),
      /holds no whole numbers/,
    ],
    [
      'an int beyond 2^53',
      withAttributes(join(field(1, 'a'), field(3, 2 ** 53), field(20, 2))),
      /beyond 2\^53/,
    ],
    ['a name that is not UTF-8', withGraph(field(1, field(3, Uint8Array.of(0xff)))), /not UTF-8/],
    ['a name that is a number', withGraph(field(1, field(3, 1))), /not UTF-8|not a message/],
    ['a file that ends inside a number', Uint8Array.of(0x80), /ends inside a number/],
    [
      'an int that ends early',
      withAttributes(join(field(1, 'a'), field(8, Uint8Array.of(0x80)))),
      /ends inside/,
    ],
  ])('refuses %s', (_name, model, why) => {
    expect(refusalOf(() => readOnnxModel(model))).toMatch(why);
  });

  it('cuts what it quotes of a file', () => {
    const quoted = (length: number) => {
      const tensor = onnxTensor('n'.repeat(length), [2], [1]);
      return refusalOf(() => readOnnxModel(withGraph(field(5, tensor))));
    };
    const head = 'The model is not a well-formed ONNX file: '.length;
    const around = quoted(0).length - head - 1;
    const most = REFUSAL_CHARACTERS_MAX - around;
    expect(quoted(most)).toHaveLength(head + REFUSAL_CHARACTERS_MAX + 1);
    expect(quoted(most)).toContain('[2].');
    expect(quoted(most + 1)).toHaveLength(head + REFUSAL_CHARACTERS_MAX + 1);
    expect(quoted(most + 1)).not.toContain('[2].');
  });
});
