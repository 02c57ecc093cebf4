import { z } from 'zod';
import { TENSOR_RANK_MAX, tensorDatatypes } from './output.js';

/** Any finite number, for what a model answers can be the next request; the model's datatype checks the elements. */
const element = z.unknown().meta({
  id: 'TensorElement',
  anyOf: [
    { type: 'boolean' },
    { type: 'string' },
    { type: 'number' },
    { type: 'array', items: { $ref: '#/$defs/TensorElement' } },
  ],
});

/** A tensor of a request. */
export const requestTensor = z.strictObject({
  name: z.string().min(1).max(256),
  datatype: z.enum(tensorDatatypes),
  shape: z.array(z.number().int().min(0).max(Number.MAX_SAFE_INTEGER)).max(TENSOR_RANK_MAX),
  data: z
    .array(element)
    .describe(
      'Flat in row-major order, or nested as the shape says. Any finite number; 64-bit integers beyond ±(2^53−1) as decimal strings.',
    ),
});

/** A tensor as the caller sent it. */
export type RequestTensor = z.infer<typeof requestTensor>;
