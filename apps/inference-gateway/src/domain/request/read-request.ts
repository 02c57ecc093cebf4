import { parseStrictJson } from '@touchstone/canonical-json';
import { AppError, findingsOf } from '@touchstone/contracts';
import { inferRequest, type InferRequest } from '@touchstone/contracts/http/inference-gateway';
import { seedInferRequest, type SeedInferRequest } from '@touchstone/contracts/http/seed';
import type { z } from 'zod';
import type { TensorModel } from './read-inputs.js';
import { INFER_BODY_BYTES_CEILING } from './request-limits.js';
import { seedRequestOf } from './seed-request.js';

/** Deepest nesting of a request, as of any body: BODY_DEPTH_MAX. */
const DEPTH = 32;

/** In which interface a request came: its body has a form of its own in each. */
export type RequestForm = 'v1' | 'seed';

/** A request as `/v1` takes it, whatever its form. */
export interface ReadRequest {
  readonly request: InferRequest;
  /** What a request of the seed API says beside. */
  readonly seed?: Pick<SeedInferRequest, 'paymentTxHash' | 'returnProof'>;
}

/**
 * Reads the body of a request, whose size was looked at before.
 *
 * @param model what the elements of a plain list are the input of; undefined where there is none of that id
 * @throws AppError `malformed-json`, `validation-failed`, `tensor-invalid`
 */
export function readRequest(
  body: Uint8Array,
  form: RequestForm = 'v1',
  model: TensorModel | undefined = undefined,
): ReadRequest {
  if (form === 'v1') return { request: parsed(body, inferRequest) };
  const read = parsed(body, seedInferRequest);
  const { paymentTxHash, returnProof } = read;
  return { request: seedRequestOf(read, model), seed: { paymentTxHash, returnProof } };
}

function parsed<Schema extends z.ZodType>(body: Uint8Array, schema: Schema): z.output<Schema> {
  const json = parseStrictJson(body, {
    maxBytes: INFER_BODY_BYTES_CEILING,
    maxDepth: DEPTH,
    numbers: 'finite',
  });
  if (!json.ok) {
    const { pointer, message } = json.error;
    throw new AppError('malformed-json', message, { details: [{ pointer, detail: message }] });
  }
  const request = schema.safeParse(json.value);
  if (request.success) return request.data;
  throw new AppError('validation-failed', 'The body does not fit its schema; see errors.', {
    details: findingsOf(request.error),
  });
}
