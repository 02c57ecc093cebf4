import { z } from 'zod';
import { errorRegistry, type ErrorCode } from '../error-registry.js';

const finding = z.object({ pointer: z.string(), detail: z.string() });

/** The body of an `application/problem+json` answer (RFC 9457) as every service writes it. */
export const problem = z
  .object({
    type: z.url(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.enum(Object.keys(errorRegistry) as [ErrorCode, ...ErrorCode[]]),
    retryable: z.boolean(),
    traceId: z
      .string()
      .regex(/^[0-9a-f]{32}$/)
      .optional(),
    instance: z.string().optional(),
    legacyCode: z.string().optional(),
    errors: z.array(finding).optional(),
  })
  .describe('A problem as RFC 9457 defines it.');

const anyProblem = z.object({
  code: z.string().optional().catch(undefined),
  detail: z.string().optional().catch(undefined),
  errors: z.array(finding).catch([]).default([]),
});
/** What can be told of a refusal; a member is missing where the answer had none, or none of its form. */
export type ReadProblem = z.output<typeof anyProblem>;

/**
 * Reads what was answered in place of what was asked for. Whoever answered may be a newer service or none at all, so every
 * code is taken, and what is no problem is one that says nothing.
 */
export function readProblem(answer: unknown): ReadProblem {
  return anyProblem.safeParse(answer).data ?? { errors: [] };
}

/** The answer of `GET /readyz?verbose` on the health port: 200 when ready, else 503. */
export const readiness = z.strictObject({
  ready: z.boolean(),
  draining: z.boolean(),
  checks: z.array(
    z.strictObject({
      name: z.string(),
      ok: z.boolean(),
      detail: z.string().optional(),
      durationMs: z.number().min(0),
    }),
  ),
});
export type Readiness = z.output<typeof readiness>;
