import { AppError, findingsOf } from '@touchstone/contracts';
import type { z } from 'zod';

/** Which part of a request a value comes from; it starts the pointers, and a bad query or path is a 400. */
export type RequestPart = 'body' | 'query' | 'path';

/**
 * Parses a part of a request with its schema. Pointers of a body are JSON pointers into it; those of the other parts
 * start with `/query` or `/path`.
 *
 * @throws AppError `validation-failed` with its findings; 422 for a body, else 400
 */
export function validate<T extends z.ZodType>(schema: T, value: unknown, part: RequestPart): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const prefix = part === 'body' ? [] : [part];
  throw new AppError('validation-failed', `The ${part} does not fit its schema; see errors.`, {
    details: findingsOf(result.error, prefix),
    ...(part === 'body' ? {} : { status: 400 }),
  });
}
