import { addedManifest, type AddedManifest } from '@touchstone/contracts/http/inference-gateway';
import type { HttpRequest } from '@touchstone/platform/http';
import { AppError } from '@touchstone/contracts';
import { ADDED_MODEL_BYTES_MAX } from '../../domain/model/added-model.js';
import { INPUT_FILE_BYTES_MAX, type AddedPreprocess } from '../../domain/model/added-preprocess.js';
import { MANIFEST_BYTES_MAX } from '../../domain/model/manifest.js';
import { TOKENIZER_BYTES_MAX } from '../../domain/request/read-preprocessing.js';
import { FRAMING_BYTES, readForm } from './read-form.js';

/** Largest form with a model that is read: the file, what its owner says about it and what it takes, and the framing. */
export const ADDED_FORM_BYTES_MAX =
  ADDED_MODEL_BYTES_MAX + TOKENIZER_BYTES_MAX + INPUT_FILE_BYTES_MAX + MANIFEST_BYTES_MAX + FRAMING_BYTES;

const IMAGE = 'image.json';
const TEXT = 'text-input.json';
const TOKENIZER = 'tokenizer.json';

/** A model that somebody wants to add. */
export interface ModelForm {
  readonly manifest: AddedManifest;
  readonly bytes: Uint8Array;
  /** The files about the pictures or texts that it takes. */
  readonly preprocess: AddedPreprocess | undefined;
}

/**
 * Reads a form (RFC 7578) of `manifest`, strict JSON, and `model`, the file; for pictures `image.json` besides, for texts
 * `text-input.json` and `tokenizer.json`.
 *
 * @throws AppError `unsupported-media-type`, `malformed-json`, `validation-failed` or `body-too-large`
 */
export async function readModelForm(request: HttpRequest, body: Uint8Array): Promise<ModelForm> {
  const { manifest, model, others } = await readForm(request, body, addedManifest, [IMAGE, TEXT, TOKENIZER]);
  return { manifest, bytes: model, preprocess: preprocessIn(others) };
}

function preprocessIn(parts: ReadonlyMap<string, Uint8Array>): AddedPreprocess | undefined {
  const [image, text, tokenizer] = [IMAGE, TEXT, TOKENIZER].map((name) => parts.get(name));
  requireSize(IMAGE, image, INPUT_FILE_BYTES_MAX);
  requireSize(TEXT, text, INPUT_FILE_BYTES_MAX);
  requireSize(TOKENIZER, tokenizer, TOKENIZER_BYTES_MAX);
  if (image && !text && !tokenizer) return { type: 'image', file: image };
  if (text && tokenizer && !image) return { type: 'tokenizer', file: text, tokenizer };
  if (parts.size === 0) return undefined;
  const detail = `expected ${IMAGE} alone, or ${TEXT} with ${TOKENIZER}, got ${[...parts.keys()].join(', ')}`;
  throw new AppError('validation-failed', `The form does not fit: ${detail}.`, {
    details: [{ pointer: '', detail }],
  });
}

function requireSize(name: string, bytes: Uint8Array | undefined, bytesMax: number): void {
  if (bytes === undefined || bytes.length <= bytesMax) return;
  throw new AppError('body-too-large', `${name} has ${bytes.length} bytes, at most ${bytesMax} are taken.`);
}
