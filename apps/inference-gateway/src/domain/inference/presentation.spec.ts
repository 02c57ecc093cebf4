import { describe, expect, it } from '@jest/globals';
import type { Model } from '../model/model.js';
import { inputTypeOf, outputTypeOf, requireOutputType } from '../model/output-type.js';
import type { AnswerTensor } from './answer.js';
import { presentationOf, SHOWN_LABELS_MAX } from './presentation.js';

type Said = Pick<Model['manifest'], 'outputs'> & Partial<Pick<Model['manifest'], 'outputType'>>;

const modelOf = (said: Said) => ({ manifest: said }) as unknown as Model;
const spec = (name: string, change: Partial<Said['outputs'][number]> = {}) => ({
  ...{ name, datatype: 'FP32' as const, shape: [1, 3], ...change },
});
const tensor = (name: string, data: number[], shape = [1, data.length]): AnswerTensor => ({
  ...{ name, datatype: 'FP32', shape, data },
});
const labelled = (count: number) =>
  spec('scores', { shape: [1, count], labels: Array.from({ length: count }, (_, at) => `l${at}`) });

describe('what an answer is shown as', () => {
  it('is the likeliest labels, SHOWN_LABELS_MAX of them and not one more, the first of equal ones first', () => {
    const model = modelOf({ outputs: [spec('other'), labelled(SHOWN_LABELS_MAX + 1)] });
    const scores = [0.1, 0.3, 0.1, 0.05, 0.3, 0.15];
    const labels = (data: number[]) =>
      presentationOf(model, [tensor('other', [1, 2, 3]), tensor('scores', data)])?.labels;
    expect(labels(scores)).toEqual([
      { label: 'l1', score: 0.3 },
      { label: 'l4', score: 0.3 },
      { label: 'l5', score: 0.15 },
      { label: 'l0', score: 0.1 },
      { label: 'l2', score: 0.1 },
    ]);
    const few = modelOf({ outputs: [labelled(SHOWN_LABELS_MAX)] });
    expect(presentationOf(few, [tensor('scores', scores.slice(0, 5))])?.labels).toHaveLength(5);
    // Of several rows nothing is said.
    expect(presentationOf(few, [tensor('scores', [...scores, ...scores], [2, 6])])?.labels).toEqual([]);
  });

  it('is the value of a regression and the dimension of an embedding, where they were declared', () => {
    const one = [tensor('y', [2.5], [1, 1])];
    const outputs = [spec('y', { shape: [1, 1] })];
    expect(presentationOf(modelOf({ outputs, outputType: 'regression' }), one)).toEqual({
      ...{ outputType: 'regression', value: 2.5 },
    });
    const three = [tensor('y', [1, 2, 3])];
    expect(presentationOf(modelOf({ outputs, outputType: 'regression' }), three)).toEqual({
      outputType: 'regression',
    });
    expect(presentationOf(modelOf({ outputs, outputType: 'embedding' }), three)).toEqual({
      ...{ outputType: 'embedding', dimension: 3 },
    });
    expect(presentationOf(modelOf({ outputs }), one)).toBeUndefined();
  });
});

describe('the type of what a model takes and answers', () => {
  it('comes from its preprocessing and its labels, unless its manifest says otherwise', () => {
    const preprocess = (type: 'word-list' | 'tokenizer' | 'feature-vector' | 'image') =>
      inputTypeOf({ preprocess: { type, file: 'a', sha256: '' } });
    expect((['word-list', 'tokenizer', 'feature-vector', 'image'] as const).map(preprocess)).toEqual([
      ...['text', 'text', 'feature-vector', 'image'],
    ]);
    expect(inputTypeOf({})).toBe('tensor');
    expect(outputTypeOf({ outputs: [labelled(2)] })).toBe('classification');
    expect(outputTypeOf({ outputs: [labelled(2)], outputType: 'tensor' })).toBe('tensor');
    expect(outputTypeOf({ outputs: [spec('y')] })).toBe('tensor');
  });

  it.each([
    ['a classification without labels', { outputs: [spec('y')], outputType: 'classification' }],
    ['a regression of three numbers', { outputs: [spec('y')], outputType: 'regression' }],
    [
      'an embedding of whole numbers',
      { outputs: [spec('y', { datatype: 'INT64' })], outputType: 'embedding' },
    ],
    ['an embedding of one number alone', { outputs: [spec('y', { shape: [] })], outputType: 'embedding' }],
  ] as [string, Said][])('is not %s', (_name, said) => {
    expect(() => requireOutputType(said)).toThrow(expect.objectContaining({ code: 'model-invalid' }));
  });

  it('may be any that can be shown', () => {
    const open = spec('y', { shape: [-1, 1] });
    for (const said of [
      { outputs: [labelled(2)], outputType: 'classification' },
      { outputs: [open], outputType: 'regression' },
      { outputs: [spec('y', { shape: undefined })], outputType: 'embedding' },
      { outputs: [open], outputType: 'tensor' },
      { outputs: [open] },
    ] as Said[])
      expect(() => requireOutputType(said)).not.toThrow();
  });
});
