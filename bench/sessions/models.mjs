// Models of three sizes: microseconds, tens of them, and convolutions over a picture in two branches.
import { readFileSync } from 'node:fs';
import { onnxAttribute, onnxModel, onnxTensor } from '../../libs/testing/dist/onnx-model.js';

const committed = (id) => readFileSync(new URL(`../../models/${id}/model.onnx`, import.meta.url));

const SIDE = 160;
const CHANNELS = 24;

/** Weights that look random and are the same each time. */
const weights = (count) => Array.from({ length: count }, (_, at) => Math.sin(at * 12.9898) / 8);

function convolutions() {
  const kernel = (name, from, size) =>
    onnxTensor(name, [CHANNELS, from, size, size], weights(CHANNELS * from * size * size));
  const same = (size) => [onnxAttribute('pads', { ints: Array.from({ length: 4 }, () => (size - 1) / 2) })];
  const conv = (input, kernelName, output, size) => [
    {
      op: 'Conv',
      inputs: [input, kernelName],
      outputs: [`${output}-raw`],
      attributes: same(size),
    },
    { op: 'Relu', inputs: [`${output}-raw`], outputs: [output] },
  ];
  return onnxModel({
    inputs: [{ name: 'image', shape: [1, 3, SIDE, SIDE] }],
    outputs: [{ name: 'means', shape: [1, CHANNELS, 1, 1] }],
    initializers: [
      kernel('first', 3, 3),
      kernel('left', CHANNELS, 3),
      kernel('right', CHANNELS, 5),
      kernel('last', CHANNELS, 3),
    ],
    nodes: [
      ...conv('image', 'first', 'a', 3),
      ...conv('a', 'left', 'b', 3),
      ...conv('a', 'right', 'c', 5),
      { op: 'Add', inputs: ['b', 'c'], outputs: ['d'] },
      ...conv('d', 'last', 'e', 3),
      { op: 'GlobalAveragePool', inputs: ['e'], outputs: ['means'] },
    ],
  });
}

const floats = (shape) => ({
  type: 'float32',
  shape,
  data: Float32Array.from(
    { length: shape.reduce((product, size) => product * size, 1) },
    (_, at) => (at % 97) / 97,
  ),
});

/** For each the file and what it is asked. */
export const MODELS = {
  digits: { file: () => committed('digits'), name: 'pixels', input: () => floats([1, 64]) },
  'crypto-sentiment-v2': {
    file: () => committed('crypto-sentiment-v2'),
    name: 'token_ids',
    input: () => ({
      type: 'int64',
      shape: [1, 60],
      data: BigInt64Array.from({ length: 60 }, (_, at) => BigInt(at < 20 ? at + 2 : 0)),
    }),
  },
  convolutions: { file: convolutions, name: 'image', input: () => floats([1, 3, SIDE, SIDE]) },
};
