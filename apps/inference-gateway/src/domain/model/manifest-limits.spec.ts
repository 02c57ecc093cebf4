import { describe, expect, it } from '@jest/globals';
import {
  canonicalTensor,
  MODEL_LABELS_MAX,
  MODEL_TENSORS_MAX,
  TENSOR_RANK_MAX,
  tensorSpec,
} from '@touchstone/contracts';
import { inferRequest } from '@touchstone/contracts/http/inference-gateway';
import type { z } from 'zod';
import { TOKENS_MAX, VOCABULARY_MAX, WordListTokenizer } from '../request/word-list-tokenizer.js';
import { modelManifest } from './manifest.js';

const many = <T>(count: number, one: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => one(index));
const ones = (count: number) => many(count, () => 1);
const spec = { name: 'x', datatype: 'FP32', shape: [1] };
const manifestInputs = (count: number) => many(count, (index) => ({ ...spec, name: `x${index}` }));
const fits = (schema: z.ZodType, value: unknown) => schema.safeParse(value).success;

describe('limits of what is said about a model', () => {
  it.each<[string, number, (count: number) => boolean]>([
    ['labels of a tensor', MODEL_LABELS_MAX, (n) => fits(tensorSpec, { ...spec, labels: many(n, String) })],
    [
      'dimensions of a tensor of a model',
      TENSOR_RANK_MAX,
      (n) => fits(tensorSpec, { ...spec, shape: ones(n) }),
    ],
    [
      'dimensions of a tensor of a request',
      TENSOR_RANK_MAX,
      (n) => fits(inferRequest, { inputs: [{ ...spec, shape: ones(n), data: [1] }] }),
    ],
    [
      'dimensions of a tensor in evidence',
      TENSOR_RANK_MAX,
      (n) => fits(canonicalTensor, { ...spec, shape: ones(n), data: '' }),
    ],
    ['tensors of a model', MODEL_TENSORS_MAX, (n) => fits(modelManifest.shape.inputs, manifestInputs(n))],
    ['tokens of a text', TOKENS_MAX, (n) => isTokenizer({ maxTokens: n })],
    ['words of a list', VOCABULARY_MAX, (n) => isTokenizer({ vocabulary: many(n, (word) => `w${word}`) })],
  ])('%s are taken up to %d, not one more', (_, most, isTaken) => {
    expect(isTaken(most)).toBe(true);
    expect(isTaken(most + 1)).toBe(false);
  });
});

function isTokenizer(change: Record<string, unknown>): boolean {
  try {
    WordListTokenizer.fromFile({
      type: 'word-list',
      rules: [],
      lowercase: true,
      pattern: "[a-z0-9]+(?:['-][a-z0-9]+)*",
      maxTokens: 4,
      padId: 0,
      unknownId: 1,
      vocabulary: ['pad', 'unknown'],
      ...change,
    });
    return true;
  } catch {
    return false;
  }
}
