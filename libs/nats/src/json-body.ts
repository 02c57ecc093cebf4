import { AppError, type ErrorDetail } from '@touchstone/contracts';
import type { z } from 'zod';

/** Turns the bytes of a message into a JSON value; throws when they are not the JSON it accepts. */
export type ParseJson = (bytes: Uint8Array) => unknown;

/** Most findings of a schema that go into one error. */
export const VALIDATION_DETAILS_MAX = 16;

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/**
 * Reads UTF-8 JSON; ill-formed UTF-8 and a byte order mark are refused. Services hand in a stricter gate that
 * also refuses duplicate names where a body is hashed or signed.
 */
export const parseUtf8Json: ParseJson = (bytes) => JSON.parse(decoder.decode(bytes)) as unknown;

/** Parses the body of a message. @throws AppError `malformed-json`. */
export function parseBody(bytes: Uint8Array, parse: ParseJson): unknown {
  try {
    return parse(bytes);
  } catch (cause) {
    throw new AppError('malformed-json', `The body of ${bytes.length} bytes is not strict JSON.`, { cause });
  }
}

/** Encodes a value as UTF-8 JSON. */
export function encodeJson(value: unknown): Uint8Array {
  return encoder.encode(JSON.stringify(value));
}

function toPointer(path: readonly PropertyKey[]): string {
  return path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** The findings of a schema as JSON pointers with a sentence each. */
export function toDetails(error: z.ZodError): ErrorDetail[] {
  return error.issues
    .slice(0, VALIDATION_DETAILS_MAX)
    .map((issue) => ({ pointer: toPointer(issue.path), detail: issue.message }));
}

/** Checks a value against a schema. @throws AppError `validation-failed` with a pointer per finding. */
export function validate<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const details = toDetails(result.error);
  const first = details[0];
  throw new AppError(
    'validation-failed',
    `${what} does not fit its schema${first ? ` at "${first.pointer}": ${first.detail}` : ''}.`,
    { details },
  );
}

/** Refuses a payload the server would refuse. @throws AppError `body-too-large`. */
export function assertFits(payload: Uint8Array, maxBytes: number | undefined, what: string): void {
  if (maxBytes !== undefined && payload.length > maxBytes) {
    throw new AppError(
      'body-too-large',
      `${what} has ${payload.length} bytes; the server takes at most ${maxBytes}.`,
    );
  }
}
