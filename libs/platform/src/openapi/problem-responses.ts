import { errorRegistry, type ErrorCode } from '@touchstone/contracts';
import type { JsonSchema } from './json-schema.js';

/** The component of a problem. */
export const problemSchema: JsonSchema = {
  type: 'object',
  description: 'A problem as RFC 9457 defines it.',
  required: ['type', 'title', 'status', 'detail', 'code', 'retryable'],
  properties: {
    type: { type: 'string', format: 'uri' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    code: { type: 'string', enum: Object.keys(errorRegistry) },
    retryable: { type: 'boolean' },
    traceId: { type: 'string', pattern: '^[0-9a-f]{32}$' },
    instance: { type: 'string' },
    legacyCode: { type: 'string' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['pointer', 'detail'],
        properties: { pointer: { type: 'string' }, detail: { type: 'string' } },
      },
    },
  },
};

/** What every route answers to a request whose head is wrong. */
export const anyRoute = [
  'malformed-request',
  'not-acceptable',
  'target-too-long',
  'headers-too-large',
] as const satisfies readonly ErrorCode[];

/** The name of the component of a code. */
export function componentName(code: ErrorCode): string {
  return code.replace(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

const problemContent = {
  'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
};

/** The answer of refusals by these codes. @param own the form of refusals of an interface that does not answer with problems */
export function problemResponse(codes: readonly ErrorCode[], own?: JsonSchema): JsonSchema {
  // What is refused before a route is found is a problem in every interface.
  const isProblem = own === undefined || codes.some((code) => anyRoute.includes(code as never));
  return {
    description: codes.map((code) => `\`${code}\`: ${errorRegistry[code].title}`).join(' '),
    content: {
      ...(own === undefined ? {} : { 'application/json': { schema: own } }),
      ...(isProblem ? problemContent : {}),
    },
  };
}
