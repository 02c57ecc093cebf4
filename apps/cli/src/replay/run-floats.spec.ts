import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { CanonicalTensor } from '@touchstone/contracts';
import { decodeTensor, encodeTensor } from '@touchstone/evidence';
import { compareOutput, resultOf } from './compare.js';
import { runFloats } from './run-floats.js';

const models = fileURLToPath(new URL('../../../../models/', import.meta.url));
const digits = `${models}digits/model.onnx`;
const { rows } = JSON.parse(readFileSync(`${models}digits/held-out.json`, 'utf8')) as {
  rows: { label: number; values: number[] }[];
};
const tensor = (name: string, data: readonly number[], shape = [1, data.length]): CanonicalTensor => {
  const encoded = encodeTensor({ name, datatype: 'FP32', shape, data: [...data] });
  if (!encoded.ok) throw new Error(encoded.error.detail);
  return encoded.value;
};

describe('a model that is run again in floats', () => {
  it('gives what its file computes, and says by what', async () => {
    const [row] = rows;
    const { runs, runtime } = await runFloats(digits, [[tensor('pixels', row?.values ?? [])]]);
    const [outputs = []] = runs;
    const probabilities = outputs[0] && decodeTensor(outputs[0]);
    const values = probabilities?.ok ? probabilities.value.map(Number) : [];
    expect(values.indexOf(Math.max(...values))).toBe(row?.label);
    expect(values.reduce((all, value) => all + value, 0)).toBeCloseTo(1, 5);
    expect(runtime.name).toMatch(/^onnxruntime-node \d/);
  });

  it.each([
    ['an input of another name', digits, [tensor('pictures', Array<number>(64).fill(0))]],
    ['no model', `${models}README.md`, [tensor('pixels', Array<number>(64).fill(0))]],
    ['a file that is not there', `${models}nothing.onnx`, []],
  ])('is refused with %s, in words', async (_name, model, inputs) => {
    await expect(runFloats(model, [inputs])).rejects.toMatchObject({
      exitCode: 1,
      message: expect.stringContaining('The runtime refused'),
    });
  });
});

describe('how a replay stands to what was signed', () => {
  const signed = tensor('y', [0.25, 0.75]);
  const result = (replayed: CanonicalTensor | undefined, tolerance = 1e-5) =>
    resultOf([compareOutput(signed, replayed)], tolerance);

  it.each([
    ['the same bits', tensor('y', [0.25, 0.75]), 'same'],
    ['within the tolerance', tensor('y', [0.25, 0.750_001]), 'close'],
    ['beyond it', tensor('y', [0.25, 0.7502]), 'different'],
    ['another shape', tensor('y', [0.25, 0.75], [2]), 'different'],
    ['missing', undefined, 'different'],
  ])('%s', (_name, replayed, expected) => {
    expect(result(replayed)).toBe(expected);
  });

  it('is different where another element is the largest, however close', () => {
    const even = compareOutput(tensor('y', [0.5, 0.500_000_1]), tensor('y', [0.500_000_1, 0.5]));
    expect(resultOf([even], 1)).toBe('different');
  });
});
