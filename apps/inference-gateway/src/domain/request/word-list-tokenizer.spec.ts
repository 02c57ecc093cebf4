import { describe, expect, it } from '@jest/globals';
import { AppError } from '@touchstone/contracts';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { WordListTokenizer } from './word-list-tokenizer.js';

const folder = new URL('../../../../../models/financial-sentiment/', import.meta.url);
const file = JSON.parse(readFileSync(new URL('tokenizer.json', folder), 'utf8')) as Record<string, unknown>;
const { cases } = JSON.parse(readFileSync(new URL('tokenizer-cases.json', folder), 'utf8')) as {
  cases: { name: string; text: string; ids?: number[]; refused?: string }[];
};
const tokenizer = WordListTokenizer.fromFile(file);

function refusalOf(work: () => unknown): AppError {
  try {
    work();
  } catch (error) {
    if (error instanceof AppError) return error;
  }
  throw new Error('expected an AppError');
}

describe('WordListTokenizer on the golden cases of the sample model', () => {
  it.each(cases.filter(({ ids }) => ids))('$name', ({ text, ids }) => {
    expect(tokenizer.tokenIds(text)).toEqual(ids);
  });

  it.each(cases.filter(({ refused }) => refused))('refuses: $name', ({ text, refused }) => {
    const error = refusalOf(() => tokenizer.tokenIds(text));
    expect(error.code).toBe('text-invalid');
    expect(error.details).toEqual([{ pointer: '/text', detail: refused }]);
  });
});

describe('WordListTokenizer', () => {
  it('gives maxTokens ids of the vocabulary for every text it takes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        try {
          const ids = tokenizer.tokenIds(text);
          expect(ids).toHaveLength(tokenizer.maxTokens);
          expect(ids.every((id) => Number.isInteger(id) && id >= 0 && id <= 3525)).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(AppError);
        }
      }),
    );
  });

  it('takes time in proportion to the text', () => {
    const text = `${"a'".repeat(200_000)}!`;
    const started = performance.now();
    refusalOf(() => tokenizer.tokenIds(`${text} ${'b '.repeat(100)}`));
    // In proportion to its square it would take hours.
    expect(performance.now() - started).toBeLessThan(20_000);
  });

  it.each([
    ['another pattern', { ...file, pattern: '(a+)+$' }],
    ['case kept', { ...file, lowercase: false }],
    ['an unknown member', { ...file, stemming: true }],
    ['no vocabulary', { ...file, vocabulary: undefined }],
    ['a word twice', { ...file, vocabulary: ['<pad>', '<unknown>', 'a', 'a'] }],
    ['padId beyond the list', { ...file, padId: 99, vocabulary: ['<pad>', '<unknown>'] }],
    ['unknownId equal to padId', { ...file, unknownId: 0 }],
    ['too many tokens', { ...file, maxTokens: 65_537 }],
    ['a list instead of an object', []],
  ])('refuses a file with %s', (_name, value) => {
    expect(refusalOf(() => WordListTokenizer.fromFile(value)).code).toBe('model-invalid');
  });
});
