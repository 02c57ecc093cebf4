import { canonicalJson, parseStrictJson } from '@touchstone/canonical-json';
import { findingsOf, type AppError, type ErrorDetail } from '@touchstone/contracts';
import type { z } from 'zod';

/** Longest header in characters with what somebody signed; that of an ordinary wallet has about 800. */
export const SIGNED_HEADER_CHARACTERS_MAX = 8_192;

/**
 * Reads the padded base64 of canonical JSON that somebody signed.
 *
 * @param refused makes the error of a header that cannot be read
 */
export function readSignedHeader<T extends z.ZodType>(
  header: string,
  schema: T,
  refused: (problem: string, details?: ErrorDetail[]) => AppError,
): z.output<T> {
  if (header.length > SIGNED_HEADER_CHARACTERS_MAX)
    throw refused(`has ${header.length} characters, at most ${SIGNED_HEADER_CHARACTERS_MAX} are read`);
  const bytes = Buffer.from(header, 'base64');
  if (bytes.toString('base64') !== header) throw refused('is not padded base64');
  const json = parseStrictJson(bytes, { maxBytes: SIGNED_HEADER_CHARACTERS_MAX });
  if (!json.ok) throw refused('is not JSON in base64');
  const parsed = schema.safeParse(json.value);
  if (!parsed.success) {
    const details = findingsOf(parsed.error);
    const [first] = details;
    throw refused(`does not fit at "${first?.pointer ?? ''}": ${first?.detail ?? ''}`, details);
  }
  // What was signed has one header, or two of them could not be told to be the same.
  if (canonicalJson(json.value) !== bytes.toString('utf8')) throw refused('is not canonical JSON (RFC 8785)');
  return parsed.data;
}
