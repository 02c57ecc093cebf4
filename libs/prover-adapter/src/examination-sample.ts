import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { circuitSetUp } from '@touchstone/contracts/circuit';
import type { ExaminationModel } from './examination.js';
import { givenFile } from './given-file.js';

/** Reads the model of this library that programs are examined with. @param folder where its `sample` lies */
export async function examinationSample(folder: string): Promise<ExaminationModel> {
  const file = (name: string) => givenFile(join(folder, name));
  const options = await file('options.json');
  const { vkDigest } = circuitSetUp.parse(JSON.parse(await readFile(join(folder, 'set-up.json'), 'utf8')));
  return {
    model: { onnx: await file('model.onnx'), options },
    otherModel: { onnx: await file('other-model.onnx'), options },
    unsupportedModel: { onnx: await file('unsupported-model.onnx'), options },
    setUp: {
      vkDigest,
      provingKey: await file('proving-key.zkey'),
      verificationKey: await file('verification-key.json'),
    },
    inputs: [{ name: 'x', datatype: 'UINT8', shape: [1, 2], values: [200, 30] }],
  };
}
