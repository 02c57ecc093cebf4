import { beforeAll, describe, expect, it } from '@jest/globals';
import { TENSOR_RANK_MAX } from '@touchstone/contracts';
import { fromRaw } from '@touchstone/evidence';
import { sampleModels } from '../../../test/support/sample-models.js';
import type { Model } from '../model/model.js';
import { predictionOf } from './answer.js';
import { checkOutputs } from './check-outputs.js';

let sentiment: Model;
const floats = (name: string, values: number[], shape = [1, values.length]) =>
  fromRaw(name, 'FP32', shape, new Uint8Array(Float32Array.from(values).buffer));

beforeAll(async () => {
  sentiment = (await sampleModels()).get('financial-sentiment') as Model;
});

describe('checkOutputs', () => {
  it('gives the outputs in the order of the manifest', () => {
    const outputs = [floats('label', [0, 1, 0]), floats('score', [0.5])];
    expect(checkOutputs(sentiment, outputs).map(({ name }) => name)).toEqual(['score', 'label']);
  });

  it('keeps negative zero, whose bits the proof covers', () => {
    const [score] = checkOutputs(sentiment, [floats('score', [-0]), floats('label', [0, 1, 0])]);
    expect(score).toEqual(floats('score', [-0]));
  });

  it.each([
    ['NaN', [floats('score', [Number.NaN]), floats('label', [0, 1, 0])]],
    ['infinity', [floats('score', [0]), floats('label', [0, Number.POSITIVE_INFINITY, 0])]],
    ['negative infinity', [floats('score', [Number.NEGATIVE_INFINITY]), floats('label', [0, 1, 0])]],
    ['an output missing', [floats('score', [0])]],
    ['another shape', [floats('score', [0]), floats('label', [0, 1])]],
    ['another rank', [floats('score', [0], [1]), floats('label', [0, 1, 0])]],
    ['another datatype', [fromRaw('score', 'FP64', [1, 1], new Uint8Array(8)), floats('label', [0, 1, 0])]],
  ])('refuses a run with %s as failed', (_name, outputs) => {
    expect(() => checkOutputs(sentiment, outputs)).toThrow(
      expect.objectContaining({ code: 'inference-failed' }),
    );
  });
});

describe('checkOutputs of an added model', () => {
  const added = () => ({ ...sentiment, origin: 'added' }) as const;

  it('takes the shape that the run gave, whatever the file declared', () => {
    const outputs = [floats('score', [0, 0], [2]), floats('label', [0, 1, 0, 1], [2, 2])];
    expect(checkOutputs(added(), outputs)).toEqual(outputs);
  });

  it.each([
    ['NaN', floats('score', [Number.NaN])],
    ['another datatype', fromRaw('score', 'FP64', [1, 1], new Uint8Array(8))],
  ])('refuses a run with %s as failed', (_name, score) => {
    expect(() => checkOutputs(added(), [score, floats('label', [0])])).toThrow(
      expect.objectContaining({ code: 'inference-failed' }),
    );
  });

  it('takes TENSOR_RANK_MAX dimensions, which evidence can carry, and not one more', () => {
    const ofRank = (rank: number) => [
      floats('score', [0], new Array<number>(rank).fill(1)),
      floats('label', [0]),
    ];
    expect(checkOutputs(added(), ofRank(TENSOR_RANK_MAX))).toHaveLength(2);
    expect(() => checkOutputs(added(), ofRank(TENSOR_RANK_MAX + 1))).toThrow('it has 33 dimensions');
  });
});

describe('predictionOf', () => {
  const tensor = (name: string, data: number[]) => ({
    name,
    datatype: 'FP32',
    shape: [1, data.length],
    data,
  });

  it('names the label of the largest element, the first of equal ones', () => {
    expect(predictionOf(sentiment, [tensor('label', [0.25, 0.5, 0.25])])).toEqual({
      label: 'neutral',
      index: 1,
      score: 0.5,
    });
    expect(predictionOf(sentiment, [tensor('label', [0.5, 0.5, 0])])).toMatchObject({
      label: 'negative',
      index: 0,
    });
  });

  it('says nothing where no output has a label for each element', () => {
    expect(predictionOf(sentiment, [tensor('score', [1])])).toBeUndefined();
    expect(predictionOf(sentiment, [tensor('label', [1, 0])])).toBeUndefined();
  });
});
