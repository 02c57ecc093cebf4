import { parseStrictJson, type StrictJsonNumbers } from '@touchstone/canonical-json';
import { AppError } from '@touchstone/contracts';
import { BODY_BYTES_DEFAULT_MAX, BODY_DEPTH_MAX } from './limits.js';
import { readRawBody } from './read-body.js';
import type { HttpRequest } from './request.js';

/** What a JSON body may be. */
export interface BodyOptions {
  /** Largest body in bytes; {@link BODY_BYTES_DEFAULT_MAX} when left out. */
  readonly bytesMax?: number;
  /** Which numbers it may have; those of evidence when left out. */
  readonly numbers?: StrictJsonNumbers;
}

/**
 * Reads a body as strict JSON: `application/json` (or `+json`) in UTF-8, no content coding, no name twice.
 *
 * @throws AppError `unsupported-media-type`, `body-too-large` or `malformed-json` with the pointer of the place
 */
export async function readJsonBody(
  request: HttpRequest,
  { bytesMax = BODY_BYTES_DEFAULT_MAX, numbers = 'evidence' }: BodyOptions = {},
): Promise<unknown> {
  requireJson(request);
  const bytes = await readRawBody(request, bytesMax);
  const result = parseStrictJson(bytes, { maxBytes: bytesMax, maxDepth: BODY_DEPTH_MAX, numbers });
  if (result.ok) return result.value;
  const { pointer, message } = result.error;
  throw new AppError('malformed-json', message, { details: [{ pointer, detail: message }] });
}

const jsonType = /^application\/(?:[a-z0-9.-]+\+)?json$/;

/**
 * Refuses a body that is no JSON in UTF-8, before it is read.
 *
 * @throws AppError `unsupported-media-type`
 */
export function requireJson(request: HttpRequest): void {
  const [type = '', ...parameters] = (request.headers['content-type'] ?? '').toLowerCase().split(';');
  if (!jsonType.test(type.trim()))
    throw new AppError(
      'unsupported-media-type',
      `Expected application/json, got ${type.trim().slice(0, 64) || 'no content-type'}.`,
    );
  const charset = parameters.map((part) => part.trim()).find((part) => part.startsWith('charset='));
  if (charset !== undefined && !/^charset="?utf-?8"?$/.test(charset))
    throw new AppError('unsupported-media-type', 'JSON is UTF-8; send no other charset.');
  const coding = (request.headers['content-encoding'] ?? 'identity').toLowerCase();
  // A coded body could unpack to a thousand times its size, and its digest would not be the one that was paid for.
  if (coding !== 'identity')
    throw new AppError('unsupported-media-type', 'Send the body without a content-encoding.');
}
