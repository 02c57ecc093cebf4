import { AppError, type TensorSpec } from '@touchstone/contracts';
import type { InferRequest } from '@touchstone/contracts/http/inference-gateway';
import { z } from 'zod';
import type { PreparedTensor, Preprocessing } from './preprocessing.js';

/** Most words in a list. */
export const VOCABULARY_MAX = 1_000_000;

/** Most tokens that a text may have for any model. */
export const TOKENS_MAX = 65_536;

/** The one pattern of the type `word-list`; an arbitrary expression from a file could be made to run for ever. */
const WORD_LIST_PATTERN = "[a-z0-9]+(?:['-][a-z0-9]+)*";

const wordListFile = z.strictObject({
  type: z.literal('word-list'),
  rules: z.array(z.string()).max(64),
  lowercase: z.literal(true),
  pattern: z.literal(WORD_LIST_PATTERN),
  maxTokens: z.number().int().min(1).max(TOKENS_MAX),
  padId: z.number().int().min(0),
  unknownId: z.number().int().min(0),
  vocabulary: z.array(z.string().min(1).max(256)).min(1).max(VOCABULARY_MAX),
});

/**
 * Preprocessing of the type `word-list`: from a text to a fixed number of token ids. Only A to Z are lower-cased,
 * nothing is normalised, tokens are the greedy matches of the pattern, a word that is not in the list has
 * `unknownId`, and the rest is filled with `padId`. Nothing is cut off: a longer text is refused, because the
 * proof would otherwise speak about a text that the model has not seen whole.
 */
export class WordListTokenizer implements Preprocessing {
  readonly takes = 'text';
  readonly features = undefined;
  private readonly ids: ReadonlyMap<string, number>;

  private constructor(
    readonly maxTokens: number,
    private readonly padId: number,
    private readonly unknownId: number,
    vocabulary: readonly string[],
  ) {
    this.ids = new Map(vocabulary.map((word, index) => [word, index]));
  }

  /** Reads a parsed tokenizer.json. @throws AppError `model-invalid` */
  static fromFile(value: unknown): WordListTokenizer {
    const parsed = wordListFile.safeParse(value);
    if (!parsed.success) {
      throw new AppError(
        'model-invalid',
        `The word list does not fit its schema: ${z.prettifyError(parsed.error)}`,
      );
    }
    const { maxTokens, padId, unknownId, vocabulary } = parsed.data;
    if (new Set(vocabulary).size !== vocabulary.length) {
      throw new AppError('model-invalid', 'The word list holds a word twice, so that its id is not defined.');
    }
    if (padId >= vocabulary.length || unknownId >= vocabulary.length || padId === unknownId) {
      throw new AppError(
        'model-invalid',
        'padId and unknownId must be two different entries of the word list.',
      );
    }
    return new WordListTokenizer(maxTokens, padId, unknownId, vocabulary);
  }

  get needs(): string {
    return `one INT64 input of shape [1,${this.maxTokens}]`;
  }

  fits(inputs: readonly TensorSpec[]): boolean {
    const [input] = inputs;
    return (
      inputs.length === 1 &&
      input?.datatype === 'INT64' &&
      JSON.stringify(input.shape) === `[1,${this.maxTokens}]`
    );
  }

  prepare({ text = '' }: InferRequest, inputs: readonly TensorSpec[]): PreparedTensor[] {
    const data = this.tokenIds(text);
    return inputs.map(({ name }) => ({ name, shape: [1, data.length], data }));
  }

  /**
   * The `maxTokens` ids of a text.
   *
   * @throws AppError `text-invalid` when the text has no token (`no-tokens`) or too many (`too-many-tokens`)
   */
  tokenIds(text: string): number[] {
    const lower = text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
    const tokens = lower.match(new RegExp(WORD_LIST_PATTERN, 'g')) ?? [];
    if (tokens.length === 0) {
      throw refusal('no-tokens', 'The text has no token: expected at least one letter a to z or digit.');
    }
    if (tokens.length > this.maxTokens) {
      throw refusal(
        'too-many-tokens',
        `The text has ${tokens.length} tokens, at most ${this.maxTokens} are taken.`,
      );
    }
    const ids = tokens.map((token) => this.ids.get(token) ?? this.unknownId);
    return [...ids, ...new Array<number>(this.maxTokens - ids.length).fill(this.padId)];
  }
}

function refusal(reason: string, message: string): AppError {
  return new AppError('text-invalid', message, { details: [{ pointer: '/text', detail: reason }] });
}
