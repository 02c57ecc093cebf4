import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeTensor } from '@touchstone/evidence';
import { readFileSync } from 'node:fs';
import { checkDeclaration } from '../src/adapters/onnx/check-declaration.js';
import { OnnxPool } from '../src/adapters/onnx/onnx-pool.js';
import { predictionOf } from '../src/domain/inference/answer.js';
import type { Model } from '../src/domain/model/model.js';
import { readInputs } from '../src/domain/request/read-inputs.js';
import { modelsFolder, sampleModels, noPreparers } from './support/sample-models.js';

interface Case {
  readonly name: string;
  readonly text: string;
  readonly ids?: readonly number[];
  readonly probabilities?: readonly number[];
  readonly label?: string;
  readonly refused?: string;
}

const SENTIMENT = 'crypto-sentiment-v2';
const read = <T>(id: string, file: string): T =>
  JSON.parse(readFileSync(`${modelsFolder}${id}/${file}`, 'utf8')) as T;
const { cases } = read<{ cases: readonly Case[] }>(SENTIMENT, 'tokenizer-cases.json');

let models: ReadonlyMap<string, Model>;
let pool: OnnxPool;

beforeAll(async () => {
  models = await sampleModels();
  pool = new OnnxPool({ workers: 1 });
});

afterAll(() => pool.close());

function modelOf(id: string): Model {
  const model = models.get(id);
  if (!model) throw new Error(`no model ${id}`);
  return model;
}

const inputsOf = (id: string, request: Parameters<typeof readInputs>[1]) =>
  readInputs(modelOf(id), request, noPreparers);

/** What is answered to a request, as the answer's outputs and its prediction. */
async function answer(id: string, request: Parameters<typeof readInputs>[1]) {
  const model = modelOf(id);
  const { outputs } = await pool.run(model, await inputsOf(id, request));
  const shown = outputs.map((tensor) => {
    const decoded = decodeTensor(tensor);
    if (!decoded.ok) throw new Error(decoded.error.detail);
    return { name: tensor.name, datatype: tensor.datatype, shape: tensor.shape, data: decoded.value };
  });
  return { data: shown[0]?.data.map(Number) ?? [], prediction: predictionOf(model, shown) };
}

const features = (data: number[]) => ({
  inputs: [{ name: 'features', datatype: 'FP32' as const, shape: [1, data.length], data }],
});

it.each([SENTIMENT, 'token-risk', 'fraud'])('%s is declared as its manifest says', async (id) => {
  const described = await pool.describe(modelOf(id));
  expect(() => checkDeclaration(modelOf(id), described)).not.toThrow();
});

describe(SENTIMENT, () => {
  it.each(cases.filter(({ label }) => label))('$name: $label', async ({ text, probabilities, label }) => {
    const { data, prediction } = await answer(SENTIMENT, { text });
    expect(prediction).toMatchObject({ label, score: Math.max(...data) });
    // The last bits of a softmax differ between processors; golden values have six digits.
    for (const [at, value] of (probabilities ?? []).entries()) expect(data[at]).toBeCloseTo(value, 5);
    expect(data.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5);
  });

  it.each(cases.filter(({ refused }) => refused))('refuses: $name', async ({ text, refused }) => {
    await expect(inputsOf(SENTIMENT, { text })).rejects.toEqual(
      expect.objectContaining({ code: 'text-invalid', details: [{ pointer: '/text', detail: refused }] }),
    );
  });

  it('has a golden text for each label, and refusals', () => {
    expect(new Set(cases.map(({ label }) => label))).toEqual(
      new Set(['bullish', 'bearish', 'neutral', undefined]),
    );
  });
});

describe.each([
  ['token-risk', 13],
  ['fraud', 10],
])('%s', (id, maximum) => {
  const { rows } = read<{ rows: readonly { label: number; values: number[] }[] }>(id, 'held-out.json');
  const size = rows[0]?.values.length ?? 0;

  it('answers held-out rows as often rightly as its manifest says', async () => {
    const answers: (number | undefined)[] = [];
    for (const { values } of rows) answers.push((await answer(id, features(values))).prediction?.index);
    const right = answers.filter((index, at) => index === rows[at]?.label).length;
    expect(right / rows.length).toBe(modelOf(id).manifest.accuracy?.value);
  });

  it('answers numbers by name as it answers the row', async () => {
    const { preprocessing } = modelOf(id);
    const names = (preprocessing?.features ?? []).map(({ name }) => name);
    const { featureNames } = read<{ featureNames: string[] }>(id, 'held-out.json');
    expect(names).toEqual(featureNames);
    for (const { values } of rows.slice(0, 20)) {
      const named = Object.fromEntries(names.map((name, at) => [name, values[at] as number]).reverse());
      const request = { features: named };
      expect(await inputsOf(id, request)).toEqual(await inputsOf(id, features(values)));
      expect(await answer(id, request)).toEqual(await answer(id, features(values)));
    }
    await expect(inputsOf(id, { text: 'safe' })).rejects.toEqual(
      expect.objectContaining({
        code: 'validation-failed',
        details: [expect.objectContaining({ pointer: '/text' })],
      }),
    );
  });

  it(`takes features up to ${maximum} and refuses what is beyond, or below 0`, async () => {
    const most = Array.from({ length: size }, () => maximum);
    expect((await answer(id, features(most))).prediction?.label).toBeDefined();
    for (const value of [maximum + 0.001, -0.001])
      await expect(inputsOf(id, features([...most.slice(1), value]))).rejects.toEqual(
        expect.objectContaining({ code: 'tensor-invalid' }),
      );
  });
});
