import { z } from 'zod';
import { TENSOR_RANK_MAX, tensorDatatypes } from './output.js';
import { hex32 } from './primitives.js';

/** Whether a model version takes requests. */
export const modelStatuses = ['pending', 'active', 'suspended', 'retired'] as const;
export type ModelStatus = (typeof modelStatuses)[number];

/** What callers send to a model instead of tensors, where it takes anything else. */
export const inputTypes = ['text', 'feature-vector', 'image', 'tensor'] as const;

/** What a model answers. */
export const outputTypes = ['classification', 'regression', 'embedding', 'tensor'] as const;
export type OutputType = (typeof outputTypes)[number];

/**
 * How far a verification is. `recorded`: free, done. `executed`: the answer is stored, the payment is not settled
 * yet. `settled`: paid. `payment-failed`: the payment-verifier sends the payment no more; should somebody else
 * still send it, the answer becomes `settled`. An answer is given out only once it is settled.
 */
export const verificationStates = ['recorded', 'executed', 'settled', 'payment-failed'] as const;
export type VerificationState = (typeof verificationStates)[number];

/** Most inputs, and most outputs, that a model may have. */
export const MODEL_TENSORS_MAX = 64;

/** Most labels on one output. */
export const MODEL_LABELS_MAX = 10_000;

/** Datatypes that a model may use. BYTES is left out: its elements have no fixed width for the runtime to share. */
export const modelDatatypes = tensorDatatypes.filter((datatype) => datatype !== 'BYTES');
export type ModelDatatype = (typeof modelDatatypes)[number];

/** Makes the rule of a text of at most so many characters. */
export type TextRule = (charactersMax: number) => z.ZodString;

/** A text that was judged when it came in, by the Unicode version of that time. */
export const storedText: TextRule = (charactersMax) => z.string().min(1).max(charactersMax);

/** A file name inside the model's own folder: one segment without separators, so that it cannot point elsewhere. */
export const modelFileName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, 'expected a plain file name without a path');

const tensorShape = z
  .array(z.union([z.literal(-1), z.number().int().min(1).max(Number.MAX_SAFE_INTEGER)]))
  .max(TENSOR_RANK_MAX)
  .describe('−1 is an open size: of an input the caller chooses it. Without a shape any one is taken.');

const tensorSpecWith = (text: TextRule) =>
  z.strictObject({
    name: z.string().min(1).max(256),
    datatype: z.enum(modelDatatypes),
    shape: tensorShape.optional(),
    labels: z.array(text(256)).min(1).max(MODEL_LABELS_MAX).optional(),
    minimum: z.number().optional(),
    maximum: z.number().optional(),
  });

/** One input or output, as a model declares it. */
export const tensorSpec = tensorSpecWith(storedText);
export type TensorSpec = z.infer<typeof tensorSpec>;

/** All inputs, or all outputs, of a model; `text` is the rule of their labels. */
export const tensorSpecsWith = (text: TextRule) =>
  z
    .array(tensorSpecWith(text))
    .min(1)
    .max(MODEL_TENSORS_MAX)
    .refine(
      (specs) => new Set(specs.map(({ name }) => name)).size === specs.length,
      'a tensor name appears twice',
    );

/** How a text, a picture or numbers by name become the model's input; the digest also stands in the metadata of the ONNX file. */
export const preprocessSpec = z.strictObject({
  type: z.enum(['word-list', 'feature-vector', 'image', 'tokenizer']),
  file: modelFileName,
  sha256: hex32,
});

/** What its developer measured of a model; `text` is the rule of its words. */
export const accuracyWith = (text: TextRule) =>
  z.strictObject({
    metric: text(128),
    value: z.number(),
    samples: z.number().int().min(1),
    split: text(512).optional(),
  });
