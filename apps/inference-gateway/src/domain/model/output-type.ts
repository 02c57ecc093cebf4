import { AppError } from '@touchstone/contracts';
import type { OutputType } from '@touchstone/contracts/http/inference-gateway';
import type { ModelManifest } from './manifest.js';

/** What callers send beside or instead of tensors. */
const inputTypes = {
  'word-list': 'text',
  tokenizer: 'text',
  'feature-vector': 'feature-vector',
  image: 'image',
} as const satisfies Record<NonNullable<ModelManifest['preprocess']>['type'], string>;
export type InputType = (typeof inputTypes)[keyof typeof inputTypes] | 'tensor';

/** What a model is asked with. */
export function inputTypeOf({ preprocess }: Pick<ModelManifest, 'preprocess'>): InputType {
  return preprocess === undefined ? 'tensor' : inputTypes[preprocess.type];
}

/** What a model answers, as its manifest says; where it says nothing, labels make a classification. */
export function outputTypeOf({
  outputType,
  outputs,
}: Pick<ModelManifest, 'outputType' | 'outputs'>): OutputType {
  return outputType ?? (outputs.some(({ labels }) => labels !== undefined) ? 'classification' : 'tensor');
}

/**
 * Checks that what a manifest says of the answers can be shown of them.
 *
 * @throws AppError `model-invalid`
 */
export function requireOutputType({
  outputType,
  outputs,
}: Pick<ModelManifest, 'outputType' | 'outputs'>): void {
  const [first] = outputs;
  if (outputType === 'classification' && !outputs.some(({ labels }) => labels !== undefined))
    throw invalid('a classification needs labels');
  if (outputType === 'regression' && first?.shape?.some((size) => size > 1))
    throw invalid(`the first output of a regression is one number, and "${first.name}" has more`);
  if (outputType === 'embedding' && (!first?.datatype.startsWith('FP') || first.shape?.length === 0))
    throw invalid('the first output of an embedding is a vector of floats');
}

const invalid = (detail: string): AppError =>
  new AppError('model-invalid', `The type of the output does not fit the model: ${detail}.`);
