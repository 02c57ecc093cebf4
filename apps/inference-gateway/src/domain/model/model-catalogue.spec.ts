import { describe, expect, it } from '@jest/globals';
import type { ModelSort } from '@touchstone/contracts/http/inference-gateway';
import type { Model } from './model.js';
import { ModelCatalogue, type ModelFilter } from './model-catalogue.js';

const model = (id: string, price: number, accuracy?: number, task = 'sorting') =>
  ({
    manifest: {
      ...{ id, task, priceAtomic: String(price) },
      ...(accuracy === undefined ? {} : { accuracy: { value: accuracy } }),
    },
    modelVersionId: id,
    origin: 'folder',
  }) as unknown as Model;
const models = [model('a', 3, 0.5), model('b', 1), model('c', 2, 0.9, 'else'), model('d', 1, 0.7)];
const catalogue = new ModelCatalogue(models);
catalogue.setStatuses(new Map(models.map(({ modelVersionId }) => [modelVersionId, 'active'])));

const calls = new Map([
  ['d', 20],
  ['b', 3],
]);
const ids = (filter: Partial<ModelFilter>): string =>
  catalogue
    .page({ limit: 10, calls, ...filter })
    .models.map(({ model: { manifest } }) => manifest.id)
    .join('');

describe('the list of models (R-INFER-2)', () => {
  it.each<[ModelSort, string]>([
    ['id', 'abcd'],
    ['price', 'bdca'],
    ['-price', 'acbd'],
    ['accuracy', 'adcb'],
    ['-accuracy', 'cdab'],
    ['-calls', 'dbac'],
  ])('is sorted by %s, and read page by page in that order', (sort, expected) => {
    expect(ids({ sort })).toBe(expected);
    const pages: string[] = [];
    let after: string | undefined;
    do {
      const page = catalogue.page({ limit: 1, sort, after, calls });
      pages.push(...page.models.map(({ model: { manifest } }) => manifest.id));
      after = page.next;
    } while (after !== undefined);
    expect(pages.join('')).toBe(expected);
  });

  it('has only those that are asked for', () => {
    expect(ids({ maxPrice: 1n })).toBe('bd');
    expect(ids({ maxPrice: 0n })).toBe('');
    expect(ids({ minAccuracy: 0.7 })).toBe('cd');
    expect(ids({ minAccuracy: 0 })).toBe('acd');
    expect(ids({ task: 'sorting', maxPrice: 2n })).toBe('bd');
    expect(ids({ status: 'suspended' })).toBe('');
  });

  it('goes on where the model before has gone meanwhile', () => {
    expect(ids({ after: 'bb' })).toBe('cd');
    expect(ids({ after: 'bb', sort: 'price' })).toBe('bdca');
  });
});
