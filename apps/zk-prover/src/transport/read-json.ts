import { parseStrictJson } from '@touchstone/canonical-json';
import { findingsOf } from '@touchstone/contracts';
import type { z } from 'zod';
import { ProverError } from '../domain/prover-error.js';

/**
 * Reads JSON of somebody else by a closed schema.
 *
 * @param what names it in messages
 * @throws ProverError `request-invalid` with the places that do not fit
 */
export function readJson<Schema extends z.ZodType>(
  schema: Schema,
  bytes: Uint8Array,
  { what, bytesMax }: { readonly what: string; readonly bytesMax: number },
): z.infer<Schema> {
  const json = parseStrictJson(bytes, { maxBytes: bytesMax });
  if (!json.ok) throw new ProverError('request-invalid', `${what} is no JSON: ${json.error.reason}.`);
  const result = schema.safeParse(json.value);
  if (result.success) return result.data;
  const places = findingsOf(result.error).map(({ pointer, detail }) => `${pointer || '/'} ${detail}`);
  throw new ProverError('request-invalid', `${what} does not fit: ${places.join('; ')}`);
}
