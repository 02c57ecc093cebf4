import { canonicalJson, parseStrictJson, type StrictJsonNumbers } from '@touchstone/canonical-json';
import { AppError } from '@touchstone/contracts';
import { submissionForm } from '@touchstone/contracts/http/market';
import { sha256TextHex } from '@touchstone/crypto';
import { allowUpload, validate, type HttpRequest } from '@touchstone/platform/http';
import type { Readable } from 'node:stream';
import type { UploadPlace } from '../../domain/model/model-files.js';
import { MANIFEST_BYTES_MAX } from '../../domain/model/manifest.js';
import {
  SIGNATURE_BUNDLE_BYTES_MAX,
  TEST_CASES_BYTES_MAX,
  type SubmissionHead,
} from '../../domain/market/submission.js';
import type { SubmissionResult, TakeSubmission } from '../../domain/market/take-submission.js';
import { FRAMING_BYTES } from './read-form.js';
import { collectPart, invalidForm, receiveForm } from './receive-form.js';
import { uploadFile } from './upload-file.js';

/** Most bytes of the part `signature`. */
export const SIGNATURE_PART_BYTES_MAX = 4_096;

/** Parts before the file, each with its most bytes. */
const headParts: Readonly<Record<string, number>> = {
  manifest: MANIFEST_BYTES_MAX,
  'test-cases': TEST_CASES_BYTES_MAX,
  signature: SIGNATURE_PART_BYTES_MAX,
  'signature-bundle': SIGNATURE_BUNDLE_BYTES_MAX,
};

/** Most bytes of the form of a submission besides its file. */
export const SUBMISSION_BESIDES_BYTES_MAX =
  TEST_CASES_BYTES_MAX +
  SIGNATURE_BUNDLE_BYTES_MAX +
  MANIFEST_BYTES_MAX +
  SIGNATURE_PART_BYTES_MAX +
  FRAMING_BYTES;

/**
 * Receives a submission: first what is small and signed, and when that holds the file, which goes to a disk. The request
 * is answered before its file is read where the submission is known or refused.
 *
 * @throws AppError
 */
export async function receiveSubmission(
  request: HttpRequest,
  { folder, modelBytesMax }: UploadPlace,
  take: Pick<TakeSubmission, 'begin' | 'finish' | 'terms'>,
): Promise<SubmissionResult> {
  take.terms();
  const parts = new Map<string, Uint8Array>();
  let result: SubmissionResult | undefined;
  const takeModel = async (content: Readable): Promise<boolean> => {
    const begun = await take.begin(headOf(parts));
    if (begun.kind === 'known') {
      result = { submission: begun.submission, created: false };
      return false;
    }
    allowUpload(request, modelBytesMax);
    const file = await uploadFile(folder, content, modelBytesMax);
    try {
      if (file.sizeBytes === 0) throw invalidForm('the part model is empty', '/model');
      result = await take.finish(begun, file);
    } finally {
      await file.close();
    }
    return true;
  };
  const limits = {
    partsMax: Object.keys(headParts).length + 1,
    bytesMax: modelBytesMax + SUBMISSION_BESIDES_BYTES_MAX,
  };
  await receiveForm(request, limits, async (name, content) => {
    if (result !== undefined) throw invalidForm('the part model is the last one, and another one follows');
    if (name === 'model') return takeModel(content);
    const bytesMax = headParts[name];
    if (bytesMax === undefined || parts.has(name))
      throw invalidForm(
        `expected each of ${Object.keys(headParts).join(', ')} once, and model at the end; got ${JSON.stringify(name).slice(0, 64)}`,
      );
    parts.set(name, await collectPart(name, content, bytesMax));
    return true;
  });
  if (result === undefined) throw invalidForm('there is no part model', '/model');
  return result;
}

function headOf(parts: ReadonlyMap<string, Uint8Array>): SubmissionHead {
  const sent = readPart(parts, 'manifest');
  const { manifest, signature } = validate(
    head,
    {
      manifest: sent,
      'test-cases': readPart(parts, 'test-cases', 'finite'),
      signature: readPart(parts, 'signature'),
    },
    'body',
  );
  return {
    manifest,
    // Of what was sent, before defaults are put in: that is what the developer saw.
    manifestSha256: sha256TextHex(canonicalJson(sent)),
    testCases: parts.get('test-cases') as Uint8Array,
    signed: signature,
    bundle: parts.get('signature-bundle'),
  };
}

const head = submissionForm.pick({ manifest: true, 'test-cases': true, signature: true });

function readPart(
  parts: ReadonlyMap<string, Uint8Array>,
  name: string,
  numbers: StrictJsonNumbers = 'evidence',
) {
  const bytes = parts.get(name);
  if (bytes === undefined) throw invalidForm(`there is no part ${name} before the model`, `/${name}`);
  const parsed = parseStrictJson(bytes, { maxBytes: headParts[name] ?? 0, numbers });
  if (parsed.ok) return parsed.value;
  const { pointer, message } = parsed.error;
  throw new AppError('malformed-json', `The part ${name} is not strict JSON: ${message}`, {
    details: [{ pointer: `/${name}${pointer}`, detail: message }],
  });
}
