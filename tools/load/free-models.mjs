// Two models that cost nothing, added as an operator adds them: one for small requests, and one whose input needs a large body.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { linearClassifier, onnxModel } from '../../libs/testing/dist/onnx-model.js';

export const SMALL = 'load-small';
export const LARGE = 'load-large';
/** A picture of 640 × 640 with three channels. */
export const LARGE_SHAPE = [1, 3, 640, 640];

const small = () =>
  linearClassifier(
    [
      [1, 0, -1],
      [0, 2, 0],
    ],
    [0, 0, 0.5],
  );

/** Gives the mean of each channel. */
const large = () =>
  onnxModel({
    inputs: [{ name: 'image', shape: LARGE_SHAPE }],
    outputs: [{ name: 'means', shape: [1, 3, 1, 1] }],
    nodes: [{ op: 'GlobalAveragePool', inputs: ['image'], outputs: ['means'] }],
  });

/** @throws Error when the gateway does not take them */
export async function addFreeModels(url, stateDir) {
  const text = readFileSync(join(stateDir, 'secrets/operator.env'), 'utf8');
  const token = /^TOUCHSTONE_OPERATOR_TOKEN=(.*)$/m.exec(text)?.[1];
  for (const [name, bytes] of [
    [SMALL, small()],
    [LARGE, large()],
  ]) {
    const form = new globalThis.FormData();
    form.set('manifest', JSON.stringify({ name, priceAtomic: '0' }));
    form.set('model', new globalThis.Blob([bytes]), 'model.onnx');
    const headers = { authorization: `Bearer ${token}` };
    const answer = await fetch(`${url}/v1/models`, { method: 'POST', headers, body: form });
    if (answer.status !== 201)
      throw new Error(`${name} was answered ${answer.status}: ${(await answer.text()).slice(0, 300)}`);
  }
}
