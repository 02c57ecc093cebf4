import { parseStrictJson } from '@touchstone/canonical-json';
import { AppError } from '@touchstone/contracts';
import { BODY_BYTES_DEFAULT_MAX, BODY_DEPTH_MAX } from './limits.js';
import { readRawBody } from './read-body.js';
import type { HttpRequest } from './request.js';

/**
 * Reads a body as strict JSON: `application/json` (or `+json`) in UTF-8, no content coding, no name twice.
 *
 * @throws AppError `unsupported-media-type`, `body-too-large` or `malformed-json` with the pointer of the place
 */
export async function readJsonBody(
  request: HttpRequest,
  bytesMax: number = BODY_BYTES_DEFAULT_MAX,
): Promise<unknown> {
  requireJson(request);
  const bytes = await readRawBody(request, bytesMax);
  const result = parseStrictJson(bytes, { maxBytes: bytesMax, maxDepth: BODY_DEPTH_MAX });
  if (result.ok) return result.value;
  const { pointer, message } = result.error;
  throw new AppError('malformed-json', message, { details: [{ pointer, detail: message }] });
}

const jsonType = /^application\/(?:[a-z0-9.-]+\+)?json$/;

function requireJson(request: HttpRequest): void {
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
