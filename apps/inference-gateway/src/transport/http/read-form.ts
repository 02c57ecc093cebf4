import { parseStrictJson } from '@touchstone/canonical-json';
import { AppError } from '@touchstone/contracts';
import { validate, type HttpRequest } from '@touchstone/platform/http';
import type { z } from 'zod';
import { MANIFEST_BYTES_MAX } from '../../domain/model/manifest.js';

/** What a form with a model that the operator sends may be refused with. */
export const formRefusals = [
  'unauthenticated',
  'malformed-json',
  'unsupported-media-type',
  'validation-failed',
  'body-too-large',
  'model-invalid',
  'conflict',
  'queue-full',
  'dependency-unavailable',
] as const;

/** Bytes of a form around its parts. */
export const FRAMING_BYTES = 16_384;

/** A form whose parts are the expected ones. */
export interface ReadForm<Manifest> {
  readonly manifest: Manifest;
  readonly model: Uint8Array;
  /** The other parts that were sent, by their names. */
  readonly others: ReadonlyMap<string, Uint8Array>;
}

/**
 * Reads a form (RFC 7578) that is in memory, with a `manifest` in strict JSON, a `model` as file, and at most the `optional` parts besides.
 *
 * @throws AppError `unsupported-media-type`, `malformed-json`, `validation-failed` or `body-too-large`
 */
export async function readForm<Schema extends z.ZodType>(
  request: HttpRequest,
  body: Uint8Array,
  schema: Schema,
  modelBytesMax: number,
  optional: readonly string[] = [],
): Promise<ReadForm<z.output<Schema>>> {
  const type = request.headers['content-type'] ?? '';
  if (!/^multipart\/form-data\s*;/i.test(type)) {
    throw new AppError(
      'unsupported-media-type',
      'Send multipart/form-data with the parts manifest and model.',
    );
  }
  const form = await parse(type, body);
  const names = [...form.keys()].sort();
  const expected = ['manifest', 'model', ...optional.filter((name) => form.has(name))].sort();
  if (JSON.stringify(names) !== JSON.stringify(expected)) {
    const besides = optional.length === 0 ? '' : `, and at most ${optional.join(', ')} besides`;
    throw invalid(
      '',
      `expected the parts "manifest" and "model" once each${besides}, got ${JSON.stringify(names).slice(0, 256)}`,
    );
  }
  const file = form.get('model');
  if (!(file instanceof File)) throw invalid('/model', 'expected a file, not a field');
  if (file.size > modelBytesMax) {
    throw new AppError(
      'body-too-large',
      `The model has ${file.size} bytes, at most ${modelBytesMax} are taken here.`,
    );
  }
  const others = new Map<string, Uint8Array>();
  for (const name of optional) if (form.has(name)) others.set(name, await bytesOf(form.get(name)));
  return {
    manifest: readManifest(await bytesOf(form.get('manifest')), schema),
    model: new Uint8Array(await file.arrayBuffer()),
    others,
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

async function bytesOf(part: File | string | null): Promise<Uint8Array> {
  return part instanceof File
    ? new Uint8Array(await part.arrayBuffer())
    : new TextEncoder().encode(part ?? '');
}

/** Reads the part `manifest`. @throws AppError `malformed-json` or `validation-failed` */
export function readManifest<Schema extends z.ZodType>(bytes: Uint8Array, schema: Schema): z.output<Schema> {
  const parsed = parseStrictJson(bytes, { maxBytes: MANIFEST_BYTES_MAX });
  if (!parsed.ok) {
    const { pointer, message } = parsed.error;
    throw new AppError('malformed-json', `The manifest is not strict JSON: ${message}`, {
      details: [{ pointer, detail: message }],
    });
  }
  return validate(schema, parsed.value, 'body') as z.output<Schema>;
}

function invalid(pointer: string, detail: string): AppError {
  return new AppError('validation-failed', `The form does not fit: ${detail}.`, {
    details: [{ pointer, detail }],
  });
}
