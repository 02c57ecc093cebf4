import { parseStrictJson } from '@touchstone/canonical-json';
import { AppError, findingsOf } from '@touchstone/contracts';
import type { z } from 'zod';

/** Largest body that is parsed, the largest message of a server with default settings. */
export const MESSAGE_BYTES_MAX = 1_048_576;

const encoder = new TextEncoder();

/**
 * Parses the body of a message through the strict gate (protocol section 1): two readers of one message must not see
 * different values.
 *
 * @throws AppError `malformed-json`
 */
export function parseBody(bytes: Uint8Array): unknown {
  const parsed = parseStrictJson(bytes, { maxBytes: MESSAGE_BYTES_MAX });
  if (parsed.ok) return parsed.value;
  const { pointer, message } = parsed.error;
  throw new AppError('malformed-json', `The body of ${bytes.length} bytes is not strict JSON: ${message}`, {
    details: [{ pointer, detail: message }],
  });
}

/** Encodes a value as UTF-8 JSON. */
export function encodeJson(value: unknown): Uint8Array {
  return encoder.encode(JSON.stringify(value));
}

/** Checks a value against a schema. @throws AppError `validation-failed` with a pointer per finding. */
export function validate<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const details = findingsOf(result.error);
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
