import type { ModelManifest } from '../model/manifest.js';
import { FeatureVector } from './feature-vector.js';
import { ImageInput } from './image-input.js';
import type { TokenizerFile } from './preparers.js';
import type { Preprocessing } from './preprocessing.js';
import { TextInput, type NamedTokenizer } from './text-input.js';
import { WordListTokenizer } from './word-list-tokenizer.js';

/** Largest tokenizer.json in bytes; that of a model for a hundred languages has half of it. */
export const TOKENIZER_BYTES_MAX = 33_554_432;

/** How a file about what a model takes is read. */
export type PreprocessType = NonNullable<ModelManifest['preprocess']>['type'];

/**
 * Reads a parsed file about what a model takes.
 *
 * @param tokenizerOf finds the tokenizer that the file names, with that digest
 * @throws AppError `model-invalid`
 */
export async function readPreprocessing(
  type: PreprocessType,
  value: unknown,
  tokenizerOf: (named: NamedTokenizer) => Promise<TokenizerFile>,
): Promise<Preprocessing> {
  switch (type) {
    case 'word-list':
      return WordListTokenizer.fromFile(value);
    case 'feature-vector':
      return FeatureVector.fromFile(value);
    case 'image':
      return ImageInput.fromFile(value);
    case 'tokenizer':
      return TextInput.fromFile(value, tokenizerOf);
  }
}
