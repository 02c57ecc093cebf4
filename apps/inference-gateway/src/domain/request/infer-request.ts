import { TENSOR_RANK_MAX, tensorDatatypes } from '@touchstone/contracts';
import { z } from 'zod';
import { MODEL_TENSORS_MAX } from '../model/manifest.js';

/** Largest request body in bytes. */
export const INFER_BODY_BYTES_MAX = 1_048_576;

/** Most elements of one input: an element takes a digit and a comma in a body, so more could never be sent. */
export const INPUT_ELEMENTS_MAX = INFER_BODY_BYTES_MAX / 2;

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

const tensor = z.strictObject({
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
export type RequestTensor = z.infer<typeof tensor>;

/**
 * The body of an inference request: tensors in the style of the Open Inference Protocol, or a text for a model with a
 * preprocessing step. A closed schema, so that parameters which would change the result are refused instead of
 * being left out of what is proven.
 */
export const inferRequest = z
  .strictObject({
    inputs: z.array(tensor).min(1).max(MODEL_TENSORS_MAX).optional(),
    text: z.string().optional(),
  })
  .refine(({ inputs, text }) => (inputs === undefined) !== (text === undefined), {
    message: 'expected exactly one of "inputs" and "text"',
  })
  .meta({ oneOf: [{ required: ['inputs'] }, { required: ['text'] }] });
export type InferRequest = z.infer<typeof inferRequest>;
