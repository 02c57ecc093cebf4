import { parseStrictJson } from '@touchstone/canonical-json';
import { AppError } from '@touchstone/contracts';
import { addedManifest, type AddedManifest } from '@touchstone/contracts/http/inference-gateway';
import { validate, type HttpRequest } from '@touchstone/platform/http';
import { ADDED_MODEL_BYTES_MAX } from '../../domain/model/added-model.js';
import { MANIFEST_BYTES_MAX } from '../../domain/model/manifest.js';

/** Bytes of a form around its two parts. */
const FRAMING_BYTES = 16_384;

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
  const type = request.headers['content-type'] ?? '';
  if (!/^multipart\/form-data\s*;/i.test(type)) {
    throw new AppError(
      'unsupported-media-type',
      'Send multipart/form-data with the parts manifest and model.',
    );
  }
  const form = await parse(type, body);
  const names = [...form.keys()].sort();
  if (JSON.stringify(names) !== '["manifest","model"]') {
    throw invalid(
      '',
      `expected the parts "manifest" and "model" once each, got ${JSON.stringify(names).slice(0, 256)}`,
    );
  }
  const file = form.get('model');
  if (!(file instanceof File)) throw invalid('/model', 'expected a file, not a field');
  if (file.size > ADDED_MODEL_BYTES_MAX) {
    throw new AppError(
      'body-too-large',
      `The model has ${file.size} bytes, at most ${ADDED_MODEL_BYTES_MAX} are taken.`,
    );
  }
  return {
    manifest: await readManifest(form.get('manifest')),
    bytes: new Uint8Array(await file.arrayBuffer()),
  };
}

async function parse(type: string, body: Uint8Array): Promise<FormData> {
  try {
    return await new Response(body as Uint8Array<ArrayBuffer>, {
      headers: { 'content-type': type },
    }).formData();
  } catch {
    throw invalid('', 'the body is no multipart/form-data with the boundary that its header names');
  }
}

async function readManifest(part: File | string | null): Promise<AddedManifest> {
  const text =
    part instanceof File ? new Uint8Array(await part.arrayBuffer()) : new TextEncoder().encode(part ?? '');
  const parsed = parseStrictJson(text, { maxBytes: MANIFEST_BYTES_MAX });
  if (!parsed.ok) {
    const { pointer, message } = parsed.error;
    throw new AppError('malformed-json', `The manifest is not strict JSON: ${message}`, {
      details: [{ pointer, detail: message }],
    });
  }
  return validate(addedManifest, parsed.value, 'body');
}

function invalid(pointer: string, detail: string): AppError {
  return new AppError('validation-failed', `The form does not fit: ${detail}.`, {
    details: [{ pointer, detail }],
  });
}
