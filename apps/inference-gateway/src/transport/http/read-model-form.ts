import { AppError } from '@touchstone/contracts';
import { addedManifest, type AddedManifest } from '@touchstone/contracts/http/inference-gateway';
import { allowUpload, type HttpRequest } from '@touchstone/platform/http';
import type { Readable } from 'node:stream';
import { INPUT_FILE_BYTES_MAX, type AddedPreprocess } from '../../domain/model/added-preprocess.js';
import { MANIFEST_BYTES_MAX } from '../../domain/model/manifest.js';
import type { ReceivedFile, UploadPlace } from '../../domain/model/model-files.js';
import { TOKENIZER_BYTES_MAX } from '../../domain/request/read-preprocessing.js';
import { FRAMING_BYTES, readManifest } from './read-form.js';
import { collectPart, invalidForm, receiveForm } from './receive-form.js';
import { uploadFile, type UploadedFile } from './upload-file.js';

const IMAGE = 'image.json';
const TEXT = 'text-input.json';
const TOKENIZER = 'tokenizer.json';

/** Parts besides the file, each with its most bytes. */
const smallParts: Readonly<Record<string, number>> = {
  manifest: MANIFEST_BYTES_MAX,
  [IMAGE]: INPUT_FILE_BYTES_MAX,
  [TEXT]: INPUT_FILE_BYTES_MAX,
  [TOKENIZER]: TOKENIZER_BYTES_MAX,
};

/** Most bytes of a form with a model besides its file. */
export const ADDED_FORM_BESIDES_BYTES_MAX =
  TOKENIZER_BYTES_MAX + INPUT_FILE_BYTES_MAX + MANIFEST_BYTES_MAX + FRAMING_BYTES;

/** A model that somebody wants to add. */
export interface ModelForm {
  readonly manifest: AddedManifest;
  readonly file: ReceivedFile;
  /** The files about the pictures or texts that it takes. */
  readonly preprocess: AddedPreprocess | undefined;
}

/**
 * Receives a form (RFC 7578) of `manifest`, strict JSON, and `model`, the file, which goes to a disk; for pictures `image.json`
 * besides, for texts `text-input.json` and `tokenizer.json`. The file is gone when `use` has ended.
 *
 * @throws AppError `unsupported-media-type`, `malformed-json`, `validation-failed` or `body-too-large`
 */
export async function withModelForm<Result>(
  request: HttpRequest,
  { folder, modelBytesMax }: UploadPlace,
  use: (form: ModelForm) => Promise<Result>,
): Promise<Result> {
  const parts = new Map<string, Uint8Array>();
  let file: UploadedFile | undefined;
  let isOver = false;
  const take = async (name: string, content: Readable): Promise<boolean> => {
    if (name === 'model' && file === undefined) {
      allowUpload(request, modelBytesMax);
      const received = await uploadFile(folder, content, modelBytesMax);
      // The caller may have gone at the last byte.
      if (isOver) await received.close();
      else file = received;
      return true;
    }
    const bytesMax = smallParts[name];
    if (bytesMax === undefined || parts.has(name)) throw otherParts(`"${name.slice(0, 64)}"`);
    parts.set(name, await collectPart(name, content, bytesMax));
    return true;
  };
  const limits = {
    partsMax: Object.keys(smallParts).length + 1,
    bytesMax: modelBytesMax + ADDED_FORM_BESIDES_BYTES_MAX,
  };
  try {
    await receiveForm(request, limits, take);
    const sent = parts.get('manifest');
    if (file === undefined || sent === undefined)
      throw otherParts(`only ${JSON.stringify([...parts.keys(), ...(file ? ['model'] : [])])}`);
    const manifest = readManifest(sent, addedManifest);
    return await use({ manifest, file, preprocess: preprocessIn(parts) });
  } finally {
    isOver = true;
    await file?.close();
  }
}

function otherParts(found: string): AppError {
  return invalidForm(
    `expected the parts "manifest" and "model" once each, and at most ${IMAGE}, ${TEXT}, ${TOKENIZER} besides, got ${found}`,
  );
}

function preprocessIn(parts: ReadonlyMap<string, Uint8Array>): AddedPreprocess | undefined {
  const [image, text, tokenizer] = [IMAGE, TEXT, TOKENIZER].map((name) => parts.get(name));
  if (image && !text && !tokenizer) return { type: 'image', file: image };
  if (text && tokenizer && !image) return { type: 'tokenizer', file: text, tokenizer };
  if (!image && !text && !tokenizer) return undefined;
  const found = [IMAGE, TEXT, TOKENIZER].filter((name) => parts.has(name));
  throw invalidForm(`expected ${IMAGE} alone, or ${TEXT} with ${TOKENIZER}, got ${found.join(', ')}`);
}
