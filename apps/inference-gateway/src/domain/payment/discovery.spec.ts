import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { discoveryOf } from './discovery.js';

type Described = Parameters<typeof discoveryOf>[0];
const tensor = (shape: number[] | undefined) => ({ name: 'x', datatype: 'FP32', shape }) as never;
const model = (takes: string | undefined, inputs = [tensor([1, 4])], features: unknown[] = []) =>
  ({
    manifest: { inputs },
    preprocessing: takes === undefined ? undefined : { takes, features },
  }) as unknown as Described;
const feature = (at: number) => ({ name: `f${at}`, minimum: at, maximum: at + 1 });
const features = (count: number) =>
  model(
    'features',
    undefined,
    Array.from({ length: count }, (_, at) => feature(at)),
  );

describe('how a request looks', () => {
  it.each([
    ['/v1/models/x/infer', { text: 'A text.' }],
    ['/infer/x', { inputs: 'A text.' }],
    ['/api/infer/x', { inputs: 'A text.' }],
  ])('is told for %s in its own form', (target, example) => {
    expect(discoveryOf(model('text'), target)?.example).toEqual(example);
  });

  it('is not told for other ways in', () => {
    expect(discoveryOf(model('text'), '/touchstone.inference.v1.Inference/Infer')).toBeUndefined();
    expect(discoveryOf(model('text'), '/v1/verifications/x/proof')).toBeUndefined();
  });

  it.each([
    ['a text', model('text')],
    ['a picture', model('image')],
    ['features', features(16)],
    ['more features than are named', features(17)],
    ['a tensor', model(undefined)],
    ['an open tensor', model(undefined, [tensor([-1, 3, -1])])],
    ['a tensor of any shape', model(undefined, [tensor(undefined)])],
    ['a large tensor', model(undefined, [tensor([1, 3, 640, 640])])],
  ])('has an example of %s that its schema takes', (_what, described) => {
    for (const target of ['/v1/models/x/infer', '/infer/x']) {
      const { example, schema } = discoveryOf(described, target) ?? {};
      const taken = z.fromJSONSchema(schema as never);
      expect(taken.safeParse(example).success).toBe(true);
      expect(taken.safeParse({ other: 1 }).success).toBe(false);
      expect(JSON.stringify([example, schema]).length).toBeLessThan(2_600);
    }
  });

  it('names features up to a number, and no more', () => {
    expect(
      Object.keys(discoveryOf(features(16), '/v1/models/x/infer')?.example['features'] as object),
    ).toHaveLength(16);
    expect(discoveryOf(features(17), '/v1/models/x/infer')?.example).toEqual({ features: {} });
  });
});
