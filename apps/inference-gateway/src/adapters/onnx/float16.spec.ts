import { afterAll, describe, expect, it } from '@jest/globals';
import { encodeTensor } from '@touchstone/evidence';
import { vectorsPath, vectorsPresent } from '@touchstone/testing';
import { Sandbox } from '../sandbox/sandbox.js';
import { OnnxPool, type Loadable } from './onnx-pool.js';

/** Gives back what it gets (onnx-cases, microsoft/onnxruntime#26791). */
const identity: Loadable = {
  modelVersionId: 'fp16-identity',
  sizeBytes: 0,
  withFile: (use) => use(vectorsPath('onnx-cases/fp16-identity.onnx')),
};

/** Zeros of both signs, the largest and the smallest magnitude, and what is rounded. */
const inputs = [
  [0, 1.5, 65504, -0.5],
  [-0, 2 ** -24, -65504, 0.1],
].map((data) => {
  const encoded = encodeTensor({ name: 'x', datatype: 'FP16', shape: [1, 4], data });
  if (!encoded.ok) throw new Error(encoded.error.detail);
  return encoded.value;
});

const runners = {
  'a thread on this Node': new OnnxPool({ workers: 1 }),
  'a thread whose engine has a Float16Array that native code does not know': new OnnxPool({
    workers: 1,
    script: new URL('../../../test/support/float16-engine-worker.mjs', import.meta.url),
  }),
  'a process of an added model on this Node': new Sandbox({ timeoutMs: 10_000 }),
};

afterAll(() => Promise.all(Object.values(runners).map((runner) => runner.close())));

(vectorsPresent ? describe : describe.skip)('FP16', () => {
  it.each(Object.entries(runners))('goes bit by bit through %s', async (_name, runner) => {
    for (const input of inputs) {
      const { outputs } = await runner.run(identity, [input]);
      expect(outputs).toEqual([{ ...input, name: 'y' }]);
    }
  });
});
