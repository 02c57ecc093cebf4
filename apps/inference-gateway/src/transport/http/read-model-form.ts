import { addedManifest, type AddedManifest } from '@touchstone/contracts/http/inference-gateway';
import type { HttpRequest } from '@touchstone/platform/http';
import { ADDED_MODEL_BYTES_MAX } from '../../domain/model/added-model.js';
import { MANIFEST_BYTES_MAX } from '../../domain/model/manifest.js';
import { FRAMING_BYTES, readForm } from './read-form.js';

/** Largest form with a model that is read: the file, what its owner says about it, and the framing. */
export const ADDED_FORM_BYTES_MAX = ADDED_MODEL_BYTES_MAX + MANIFEST_BYTES_MAX + FRAMING_BYTES;

/** A model that somebody wants to add. */
export interface ModelForm {
  readonly manifest: AddedManifest;
  readonly bytes: Uint8Array;
}

/**
 * Reads a form (RFC 7578) of exactly two parts: `manifest`, strict JSON, and `model`, the file.
 *
 * @throws AppError `unsupported-media-type`, `malformed-json`, `validation-failed` or `body-too-large`
 */
export async function readModelForm(request: HttpRequest, body: Uint8Array): Promise<ModelForm> {
  const { manifest, model } = await readForm(request, body, addedManifest);
  return { manifest, bytes: model };
}
