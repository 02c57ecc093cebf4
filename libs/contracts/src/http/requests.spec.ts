import { describe, expect, it } from '@jest/globals';
import type { z } from 'zod';
import { LOG_INDEX_MAX, MODEL_LABELS_MAX, MODEL_TENSORS_MAX, PATH_HASHES_MAX } from '../index.js';
import { ROOTS_PAGE_MAX, rootsQuery } from './anchor-worker.js';
import { NODES_PAGE_MAX, nodesQuery } from './attestation-hub.js';
import {
  addedManifest,
  inferRequest,
  modelDetail,
  MODELS_PAGE_MAX,
  modelsQuery,
  PRICE_ATOMIC_MAX,
} from './inference-gateway.js';
import { batchQuery, LEAVES_PAGE_MAX, proofClaim, treeSize } from './proof-service.js';

const HASH = 'ab'.repeat(32);
const many = <T>(count: number, one: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => one(index));
const fits = (schema: z.ZodType, value: unknown) => schema.safeParse(value).success;
const tensor = (index: number) => ({ name: `x${index}`, datatype: 'FP32', shape: [1] });
const added = { name: 'a', priceAtomic: '0' };
const claim = (hashes: number) => ({
  proof: {
    leafIndex: 0,
    treeSize: 1,
    path: many(hashes, () => ({ hash: HASH, pos: 'L' })),
    rootHex: HASH,
  },
  merkleRoot: HASH,
  leafData: HASH,
});

describe('limits of requests', () => {
  it.each<[string, number, (count: number) => boolean]>([
    ['models of a page', MODELS_PAGE_MAX, (limit) => fits(modelsQuery, { limit: `${limit}` })],
    ['nodes of a page', NODES_PAGE_MAX, (limit) => fits(nodesQuery, { limit: `${limit}` })],
    ['roots of a page', ROOTS_PAGE_MAX, (limit) => fits(rootsQuery, { limit: `${limit}` })],
    ['leaves of a page', LEAVES_PAGE_MAX, (limit) => fits(batchQuery, { limit: `${limit}` })],
    ['hashes of a path', PATH_HASHES_MAX, (n) => fits(proofClaim, claim(n))],
    [
      'tensors of a request',
      MODEL_TENSORS_MAX,
      (n) => fits(inferRequest, { inputs: many(n, (index) => ({ ...tensor(index), data: [1] })) }),
    ],
    ['tensors of a model', MODEL_TENSORS_MAX, (n) => fits(modelDetail.shape.inputs, many(n, tensor))],
    [
      'labels of a model',
      MODEL_LABELS_MAX,
      (n) => fits(addedManifest, { ...added, labels: many(n, String) }),
    ],
    [
      'atomic units of a price',
      PRICE_ATOMIC_MAX,
      (n) => fits(addedManifest, { ...added, priceAtomic: `${n}` }),
    ],
  ])('%s may be %d, not one more', (_name, most, isTaken) => {
    expect(isTaken(most)).toBe(true);
    expect(isTaken(most + 1)).toBe(false);
  });

  it('a size of the log may be LOG_INDEX_MAX, not one more, and not nothing', () => {
    expect(fits(treeSize, `${LOG_INDEX_MAX}`)).toBe(true);
    for (const size of [`${LOG_INDEX_MAX + 1n}`, '0', '01', '', '-1', '1.0'])
      expect(fits(treeSize, size)).toBe(false);
  });
});

describe('requests', () => {
  it.each([
    ['tensors', { inputs: [{ ...tensor(0), data: [1] }] }, true],
    ['a text', { text: '' }, true],
    ['both', { inputs: [{ ...tensor(0), data: [1] }], text: '' }, false],
    ['neither', {}, false],
    ['a parameter that would change the result', { text: '', parameters: {} }, false],
  ])('for an inference with %s: %j is taken: %s', (_name, body, isTaken) => {
    expect(fits(inferRequest, body)).toBe(isTaken);
  });

  it('say what is meant where they say nothing', () => {
    expect(addedManifest.parse(added)).toEqual({
      ...added,
      version: '1.0.0',
      developer: 'operator',
      task: 'inference',
    });
    expect(batchQuery.parse({})).toEqual({ offset: 0, limit: LEAVES_PAGE_MAX });
    expect(rootsQuery.parse({ cursor: '7' })).toEqual({ limit: 100, cursor: 7n });
  });

  it.each([
    ['models', modelsQuery],
    ['nodes', nodesQuery],
    ['roots', rootsQuery],
    ['a batch', batchQuery],
  ])('for %s take no parameter that they do not know', (_name, query) => {
    expect(fits(query, {})).toBe(true);
    expect(fits(query, { limits: '1' })).toBe(false);
  });
});
