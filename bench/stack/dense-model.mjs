// A model folder whose model is larger than the samples and takes and gives the same tensors as digits: two hidden
// dense layers of the given width. Its weights are noise from a fixed seed, since only its cost counts.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onnxModel, onnxTensor } from '../../libs/testing/dist/index.js';

const SEED = 1;
/** Minimal standard generator of Park and Miller, with the multiplier of 1993. */
const MULTIPLIER = 48_271;
const MODULUS = 2_147_483_647;

function noise() {
  let state = SEED;
  return (count, scale) =>
    Array.from({ length: count }, () => {
      state = (state * MULTIPLIER) % MODULUS;
      return (state / MODULUS - 0.5) * scale;
    });
}

function denseModel(width) {
  const widths = [64, width, width, 10];
  const random = noise();
  const layers = widths.slice(1).map((size, layer) => {
    const before = widths[layer];
    const last = layer === widths.length - 2;
    return {
      initializers: [
        onnxTensor(`weights-${layer}`, [before, size], random(before * size, 2 / Math.sqrt(before))),
        onnxTensor(`bias-${layer}`, [size], random(size, 0.1)),
      ],
      nodes: [
        {
          op: 'Gemm',
          inputs: [layer === 0 ? 'pixels' : `values-${layer}`, `weights-${layer}`, `bias-${layer}`],
          outputs: [`sums-${layer}`],
        },
        {
          op: last ? 'Softmax' : 'Relu',
          inputs: [`sums-${layer}`],
          outputs: [last ? 'probabilities' : `values-${layer + 1}`],
        },
      ],
    };
  });
  return onnxModel({
    inputs: [{ name: 'pixels', shape: [1, 64] }],
    outputs: [{ name: 'probabilities', shape: [1, 10] }],
    initializers: layers.flatMap(({ initializers }) => initializers),
    nodes: layers.flatMap(({ nodes }) => nodes),
  });
}

/** Writes the folder of a model `id`, with `width` values in each hidden layer; requests of `digits`, a folder, fit it. */
export function writeDenseModel({ modelsFolder, id, width, digits }) {
  const folder = join(modelsFolder, id);
  mkdirSync(folder);
  const bytes = denseModel(width);
  const { accuracy: _none, ...manifest } = JSON.parse(readFileSync(join(digits, 'model.json'), 'utf8'));
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  writeFileSync(join(folder, 'model.onnx'), bytes);
  writeFileSync(join(folder, 'model.json'), JSON.stringify({ ...manifest, id, name: id, sha256 }));
}
