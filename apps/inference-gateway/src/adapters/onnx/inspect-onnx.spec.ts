import { describe, expect, it } from '@jest/globals';
import { field, join, linearClassifier, onnxGraph, onnxModel, onnxTensor, varint } from '@touchstone/testing';
import { readFileSync } from 'node:fs';
import { onDisk } from '../../../test/support/model-on-disk.js';
import { modelsFolder } from '../../../test/support/sample-models.js';
import { EXTERNAL_DATA_REFUSAL, hasExternalData } from '@touchstone/onnx';
import { inspectOnnx, ONNX_NODES_MAX } from './inspect-onnx.js';
import { ONNX_GRAPH_DEPTH_MAX, readStructure } from './read-structure.js';

const x = [{ name: 'x', shape: [1] }];
const y = [{ name: 'y', shape: [1] }];
const identity = { op: 'Identity', inputs: ['x'], outputs: ['y'] };
const refusalOf = async (bytes: Uint8Array): Promise<string> => {
  try {
    inspectOnnx(await readStructure(onDisk(bytes).path));
  } catch (error) {
    return (error as Error).message;
  }
  return 'taken';
};

const externalEntry = field(13, join(field(1, 'location'), field(2, '../../etc/passwd')));
const external = (...more: Uint8Array[]) =>
  join(field(1, 1), field(2, 1), field(8, 'weights'), externalEntry, field(14, 1), ...more);
const withInitializer = (tensor: Uint8Array) =>
  onnxModel({ inputs: x, outputs: y, nodes: [identity], initializers: [tensor] });
const withAttribute = (attribute: Uint8Array) =>
  onnxModel({ inputs: x, outputs: y, nodes: [{ ...identity, attributes: [attribute] }] });

/** Graphs in the attributes of nodes, `depth` levels of them. */
function nested(depth: number): Uint8Array {
  let graph = onnxGraph({ inputs: [], outputs: y, nodes: [identity] });
  for (let level = 1; level < depth; level += 1) {
    const attribute = join(field(1, 'then_branch'), field(6, graph), field(20, 5));
    graph = onnxGraph({ inputs: [], outputs: y, nodes: [{ ...identity, attributes: [attribute] }] });
  }
  return join(field(1, 9), field(7, graph));
}

describe('inspectOnnx', () => {
  it.each(['digits', 'digits-conv', 'breast-cancer', 'financial-sentiment'])(
    'takes the sample %s',
    async (id) => {
      expect(await refusalOf(new Uint8Array(readFileSync(`${modelsFolder}${id}/model.onnx`)))).toBe('taken');
    },
  );

  it('takes a small classifier', async () => {
    expect(await refusalOf(linearClassifier([[1, 2]], [0, 0]))).toBe('taken');
  });

  it.each([
    ['an initializer with a relative path', withInitializer(external())],
    ['an initializer that only has the entry', withInitializer(join(field(8, 'w'), externalEntry))],
    ['an initializer that only says so', withInitializer(join(field(8, 'w'), field(14, 1)))],
    // 2^32 + 1 is 1 to a reader that keeps 32 bits.
    ['an initializer that says so in 33 bits', withInitializer(join(field(8, 'w'), field(14, 2 ** 32 + 1)))],
    ['the tensor of a Constant', withAttribute(join(field(1, 'value'), field(5, external()), field(20, 4)))],
    ['one of the tensors of an attribute', withAttribute(join(field(1, 'values'), field(10, external())))],
    [
      'a graph of an attribute',
      withAttribute(
        join(
          field(1, 'body'),
          field(6, onnxGraph({ inputs: [], outputs: y, nodes: [identity], initializers: [external()] })),
        ),
      ),
    ],
    [
      'one of the graphs of an attribute',
      withAttribute(
        join(
          field(1, 'bodies'),
          field(11, onnxGraph({ inputs: [], outputs: y, nodes: [identity], initializers: [external()] })),
        ),
      ),
    ],
  ])('refuses external data in %s, and says how to export today', async (_name, bytes) => {
    expect(await refusalOf(bytes)).toBe(`The model is refused: ${EXTERNAL_DATA_REFUSAL}.`);
    expect(EXTERNAL_DATA_REFUSAL).toContain('external_data=False in torch.onnx.export');
    expect(hasExternalData(bytes)).toBe(true);
  });

  it('refuses operators of the runtime, and says where they may be used', async () => {
    const own = (op: string) => ({ ...identity, op, domain: 'com.microsoft' });
    expect(await refusalOf(onnxModel({ inputs: x, outputs: y, nodes: [own('Gelu')] }))).toBe('taken');
    const refusal = await refusalOf(onnxModel({ inputs: x, outputs: y, nodes: [own('Sampling')] }));
    expect(refusal).toContain('operator "Sampling" of the runtime itself (com.microsoft)');
    expect(refusal).toContain('models folder');
    // A name that only begins like it is as foreign as any other.
    const other = { ...identity, domain: 'com.microsoft.extensions' };
    expect(await refusalOf(onnxModel({ inputs: x, outputs: y, nodes: [other] }))).toContain(
      'com.microsoft.extensions',
    );
  });

  it('refuses a field whose number another reader would cut down to that of external data', async () => {
    const tag = varint(2 ** 32 + 13 * 8 + 2);
    const disguised = join(field(8, 'w'), tag, varint(1), Uint8Array.of(0));
    expect(await refusalOf(withInitializer(disguised))).toContain('longer than 32 bits');
  });

  it('refuses a second graph, which a reader would merge with the first', async () => {
    const graph = onnxGraph({ inputs: x, outputs: y, nodes: [identity] });
    expect(await refusalOf(join(field(7, graph), field(7, graph)))).toContain('2 graphs');
    expect(await refusalOf(field(1, 9))).toContain('0 graphs');
  });

  it('refuses what is in the format of the runtime, although it is well-formed ONNX too', async () => {
    const disguised = join(field(1, 8), field(2, 'ORTM'), linearClassifier([[1]], [0]));
    expect(await refusalOf(disguised)).toContain('ORT format');
  });

  it('refuses local functions, training information, sparse tensors and foreign operators', async () => {
    const model = linearClassifier([[1]], [0]);
    expect(await refusalOf(join(model, field(25, field(1, 'f'))))).toContain('local functions');
    expect(await refusalOf(join(model, field(20, field(1, ''))))).toContain('training');
    expect(await refusalOf(join(field(7, field(15, new Uint8Array(1))), model))).toContain('sparse');
    expect(await refusalOf(withAttribute(field(22, new Uint8Array())))).toContain('sparse');
    const foreign = { ...identity, domain: 'com.evil' };
    expect(await refusalOf(onnxModel({ inputs: x, outputs: y, nodes: [foreign] }))).toContain('com.evil');
  });

  it('refuses a tensor that says it has more elements than the file could hold', async () => {
    const huge = join(field(1, 1_000_000), field(1, 1_000_000), field(2, 1), field(8, 'w'));
    expect(await refusalOf(withInitializer(huge))).toContain('1000000000000 elements');
    const packed = join(field(1, join(varint(1_000_000), varint(1_000))), field(2, 1), field(8, 'w'));
    expect(await refusalOf(withInitializer(packed))).toContain('1000000000 elements');
    expect(await refusalOf(withInitializer(onnxTensor('w', [2, 3], [1, 2, 3, 4, 5, 6])))).toBe('taken');
  });

  it(`takes graphs ${ONNX_GRAPH_DEPTH_MAX} levels deep and no deeper`, async () => {
    expect(await refusalOf(nested(ONNX_GRAPH_DEPTH_MAX))).toBe('taken');
    expect(await refusalOf(nested(ONNX_GRAPH_DEPTH_MAX + 1))).toContain('deeper');
  });

  it(`takes ${ONNX_NODES_MAX} nodes and no more`, async () => {
    const nodes = (count: number) =>
      field(7, new Uint8Array(Buffer.concat(Array.from({ length: count }, () => field(1, field(4, 'A'))))));
    expect(await refusalOf(nodes(ONNX_NODES_MAX))).toBe('taken');
    expect(await refusalOf(nodes(ONNX_NODES_MAX + 1))).toContain(`more than ${ONNX_NODES_MAX} nodes`);
  });

  it('refuses what is no protobuf message at every length of a good one', async () => {
    const good = linearClassifier([[1, 2]], [0, 0]);
    for (let length = 1; length < good.length; length += 1) {
      const outcome = await refusalOf(good.subarray(0, length));
      expect(outcome === 'taken' || outcome.startsWith('The model is')).toBe(true);
    }
    expect(await refusalOf(new TextEncoder().encode('#!/bin/sh\nrm -rf /'))).toContain('not a well-formed');
  });
});
