import { AppError, type ErrorDetail } from '@touchstone/contracts';
import type { z } from 'zod';
import { PROBLEM_DETAILS_MAX } from './limits.js';

/** Which part of a request a value comes from; it starts the pointers, and a bad query or path is a 400. */
export type RequestPart = 'body' | 'query' | 'path';

/**
 * Parses a part of a request with its schema. Pointers of a body are JSON pointers into it; those of the other parts
 * start with `/query` or `/path`.
 *
 * @throws AppError `validation-failed` with up to {@link PROBLEM_DETAILS_MAX} findings; 422 for a body, else 400
 */
export function validate<T extends z.ZodType>(schema: T, value: unknown, part: RequestPart): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const prefix = part === 'body' ? '' : `/${part}`;
  const details = result.error.issues
    .slice(0, PROBLEM_DETAILS_MAX)
    .flatMap((issue) => findings(issue, prefix));
  throw new AppError('validation-failed', `The ${part} does not fit its schema; see errors.`, {
    details: details.slice(0, PROBLEM_DETAILS_MAX),
    ...(part === 'body' ? {} : { status: 400 }),
  });
}

function findings(issue: z.core.$ZodIssue, prefix: string): ErrorDetail[] {
  const pointer = prefix + issue.path.map((segment) => `/${escapeSegment(String(segment))}`).join('');
  if (issue.code !== 'unrecognized_keys') return [{ pointer, detail: issue.message.slice(0, 256) }];
  return issue.keys.slice(0, PROBLEM_DETAILS_MAX).map((key) => ({
    pointer: `${pointer}/${escapeSegment(key.slice(0, 128))}`,
    detail: 'is not a member of this object.',
  }));
}

/** RFC 6901, section 3. */
function escapeSegment(segment: string): string {
  return segment.replaceAll('~', '~0').replaceAll('/', '~1');
}
