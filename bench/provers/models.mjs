// Models that are made on the fly, with the same weights in every run: their sizes matter here, and nobody asks them anything.
import { bytesToHex, sha256 } from '@touchstone/crypto';
import { integerCircuit, r1csFile, runCircuit, witnessFile } from '@touchstone/circuit';
import { compileIntegerModel, descriptorOf } from '@touchstone/integer-model';
// Not the whole of it, which looks for test vectors.
import { onnxAttribute, onnxModel, onnxTensor } from '../../libs/testing/dist/onnx-model.js';

const WEIGHT_MAX = 8;

/** Whole numbers from -8 to 8, times a factor, from a generator of our own, so that a run can be repeated. */
function* weights(factor) {
  let state = 20_240_229;
  while (true) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield (Math.floor((state / 2 ** 32) * (2 * WEIGHT_MAX + 1)) - WEIGHT_MAX) * factor;
  }
}

function layers(factor) {
  const source = weights(factor);
  const nodes = [];
  const initializers = [];
  const constant = (name, shape) => {
    const count = shape.reduce((all, size) => all * size, 1);
    initializers.push(
      onnxTensor(
        name,
        shape,
        Array.from({ length: count }, () => source.next().value),
      ),
    );
    return name;
  };
  let last = 'x';
  const add = (op, more, attributes = []) => {
    const name = `${op.toLowerCase()}${nodes.length}`;
    nodes.push({ op, inputs: [last, ...more], outputs: [name], attributes });
    last = name;
  };
  const dense = (from, to) => add('Gemm', [constant(`w${from}`, [from, to]), constant(`b${from}`, [to])]);
  const finish = (inputShape) => {
    nodes.at(-1).outputs[0] = 'y';
    return onnxModel({
      ...{ nodes, initializers },
      inputs: [{ name: 'x', shape: inputShape }],
      outputs: [{ name: 'y', shape: [1, 10] }],
    });
  };
  return { add, constant, dense, finish };
}

/** 784 bytes, 64 hidden numbers, 10 outputs. A factor of 1 gives whole numbers, which nobody has to rescale. */
export function denseModel(factor = 0.013) {
  const { add, dense, finish } = layers(factor);
  dense(784, 64);
  add('Relu', []);
  dense(64, 10);
  return finish([1, 784]);
}

/** Of the size of LeNet-5: two convolutions with pooling, three dense layers. */
export function lenetModel() {
  const { add, constant, dense, finish } = layers(0.013);
  const pool = () =>
    add(
      'AveragePool',
      [],
      [onnxAttribute('kernel_shape', { ints: [2, 2] }), onnxAttribute('strides', { ints: [2, 2] })],
    );
  add(
    'Conv',
    [constant('k1', [6, 1, 5, 5]), constant('c1', [6])],
    [onnxAttribute('pads', { ints: [2, 2, 2, 2] })],
  );
  add('Relu', []);
  pool();
  add('Conv', [constant('k2', [16, 6, 5, 5]), constant('c2', [16])]);
  add('Relu', []);
  pool();
  add('Flatten', []);
  dense(400, 120);
  add('Relu', []);
  dense(120, 84);
  add('Relu', []);
  dense(84, 10);
  return finish([1, 1, 28, 28]);
}

const pixels = Array.from({ length: 784 }, (_, index) => index % 251);
const chosen = {
  ranges: new Map([['x', { minimum: 0, maximum: 255 }]]),
  samples: [new Map([['x', pixels]])],
};

/** Everything that the compiler makes of a model before anybody is asked for keys. */
export function compile(onnx, options = chosen) {
  const circuit = integerCircuit(compileIntegerModel(onnx, options));
  const { constraintCount, publicCount } = circuit.system;
  const descriptor = descriptorOf(circuit.model, bytesToHex(sha256(onnx)), constraintCount);
  return { circuit, descriptor, constraintCount, publicCount, constraints: r1csFile(circuit.system) };
}

/** A run of a circuit of one input: its witness as a file, and its public signals. */
export function witnessOf({ circuit }, inputCount, bind = 7n) {
  const run = runCircuit(circuit, [pixels.slice(0, inputCount).map((pixel) => pixel % 17)], bind);
  return { witness: witnessFile(run.witness), signals: run.publicSignals };
}
