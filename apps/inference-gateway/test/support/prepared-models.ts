import { bytesToHex, sha256 } from '@touchstone/crypto';
import { field, join, onnxModel, type OnnxValue } from '@touchstone/testing';
import { PREPROCESS_KEY } from '../../src/domain/model/added-preprocess.js';

/** A file and the SHA-256 that binds it. */
export interface BoundFile {
  readonly bytes: Uint8Array;
  readonly sha256: string;
}

export function jsonFile(value: unknown): BoundFile {
  const bytes = new TextEncoder().encode(JSON.stringify(value));
  return { bytes, sha256: bytesToHex(sha256(bytes)) };
}

/** An ONNX file that names the digest of what prepares its inputs. */
export const boundModel = (model: Uint8Array, { sha256: digest }: Pick<BoundFile, 'sha256'>): Uint8Array =>
  join(model, field(14, join(field(1, PREPROCESS_KEY), field(2, digest))));

/** A model that gives back each of its inputs, the name with `_out` behind it. */
export function mirror(inputs: readonly OnnxValue[]): Uint8Array {
  return onnxModel({
    inputs: [...inputs],
    outputs: inputs.map((input) => ({ ...input, name: `${input.name}_out` })),
    nodes: inputs.map(({ name }) => ({ op: 'Identity', inputs: [name], outputs: [`${name}_out`] })),
  });
}

/** An image.json; channels of 0 to 255 as they are unless told otherwise. */
export const imageInput = (change: Record<string, unknown> = {}): Record<string, unknown> => ({
  ...{ format: 'touchstone-image-input-v1', width: 4, height: 3, fit: 'stretch', filter: 'bilinear' },
  ...{ fill: [0, 0, 0], colour: 'rgb', layout: 'nchw', datatype: 'FP32', scale: 1 },
  ...{ mean: [0, 0, 0], std: [1, 1, 1], ...change },
});

/** A text-input.json. */
export const textInput = (
  tokenizer: Pick<BoundFile, 'sha256'>,
  change: Record<string, unknown> = {},
): Record<string, unknown> => ({
  format: 'touchstone-text-input-v1',
  tokenizer: { file: 'tokenizer.json', sha256: tokenizer.sha256 },
  ...{ maxTokens: 8, specialTokens: true, truncation: 'right', padding: { side: 'right', id: 0 } },
  inputs: { ids: 'input_ids', attentionMask: 'attention_mask', typeIds: 'token_type_ids' },
  ...change,
});

const special = ['[PAD]', '[UNK]', '[CLS]', '[SEP]'];
const pieces = ['the', 'bank', 'profit', 'loss', '##s', 'rose', 'fell', '##ing', 'a', '.', ',', '1', '##2'];

/**
 * A tokenizer.json as BERT has it, of a few words. What it says about truncation and padding is wrong on purpose: text-input.json
 * decides.
 */
export function wordPiece(change: Record<string, unknown> = {}): BoundFile {
  const token = (name: string, type: number) => ({ SpecialToken: { id: name, type_id: type } });
  const sequence = (id: string, type: number) => ({ Sequence: { id, type_id: type } });
  const own = (name: string) => ({ id: name, ids: [special.indexOf(name)], tokens: [name] });
  return jsonFile({
    version: '1.0',
    truncation: { max_length: 3, strategy: 'LongestFirst', stride: 0, direction: 'Left' },
    padding: {
      ...{ strategy: { Fixed: 50 }, direction: 'Left', pad_to_multiple_of: null },
      ...{ pad_id: 1, pad_type_id: 0, pad_token: '[UNK]' },
    },
    added_tokens: special.map((content, id) => ({
      ...{ id, content, special: true },
      ...{ single_word: false, lstrip: false, rstrip: false, normalized: false },
    })),
    normalizer: {
      type: 'BertNormalizer',
      ...{ clean_text: true, handle_chinese_chars: true, strip_accents: null, lowercase: true },
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: {
      type: 'TemplateProcessing',
      single: [token('[CLS]', 0), sequence('A', 0), token('[SEP]', 0)],
      pair: [token('[CLS]', 0), sequence('A', 0), token('[SEP]', 0), sequence('B', 1), token('[SEP]', 1)],
      special_tokens: { '[CLS]': own('[CLS]'), '[SEP]': own('[SEP]') },
    },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      type: 'WordPiece',
      ...{ unk_token: '[UNK]', continuing_subword_prefix: '##', max_input_chars_per_word: 100 },
      vocab: Object.fromEntries([...special, ...pieces].map((piece, id) => [piece, id])),
    },
    ...change,
  });
}

const row = { type: 'INT64' as const, shape: [1, 'tokens'] };

/** A model with the inputs of BERT that gives them back. */
export const textMirror = (): Uint8Array =>
  mirror(['input_ids', 'attention_mask', 'token_type_ids'].map((name) => ({ name, ...row })));
