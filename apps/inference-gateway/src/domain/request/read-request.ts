import { parseStrictJson } from '@touchstone/canonical-json';
import { AppError, findingsOf } from '@touchstone/contracts';
import { inferRequest, type InferRequest } from '@touchstone/contracts/http/inference-gateway';
import { INFER_BODY_BYTES_CEILING } from './request-limits.js';

/** Deepest nesting of a request, as of any body: BODY_DEPTH_MAX. */
const DEPTH = 32;

/**
 * Reads the body of a request, whose size was looked at before.
 *
 * @throws AppError `malformed-json`, `validation-failed`
 */
export function readRequest(body: Uint8Array): InferRequest {
  const parsed = parseStrictJson(body, {
    maxBytes: INFER_BODY_BYTES_CEILING,
    maxDepth: DEPTH,
    numbers: 'finite',
  });
  if (!parsed.ok) {
    const { pointer, message } = parsed.error;
    throw new AppError('malformed-json', message, { details: [{ pointer, detail: message }] });
  }
  const request = inferRequest.safeParse(parsed.value);
  if (request.success) return request.data;
  throw new AppError('validation-failed', 'The body does not fit its schema; see errors.', {
    details: findingsOf(request.error),
  });
}
