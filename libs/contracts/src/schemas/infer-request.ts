import { z } from 'zod';
import { jobCallback } from './job-callback.js';
import { MODEL_TENSORS_MAX, storedText } from './model.js';
import { requestTensor } from './request-tensor.js';

/** Most features of a model that takes numbers by name. */
export const FEATURES_MAX = 4_096;
/** Most characters of the name of a feature. */
export const FEATURE_NAME_CHARACTERS_MAX = 128;

/** Largest picture in bytes, as a file. */
export const IMAGE_FILE_BYTES_MAX = 8_388_608;
/** Most characters of a picture in base64, four for each three bytes. */
export const IMAGE_BASE64_CHARACTERS_MAX = 4 * Math.ceil(IMAGE_FILE_BYTES_MAX / 3);

/** A number that a model takes by name. */
export const featureSpec = z.strictObject({
  name: storedText(FEATURE_NAME_CHARACTERS_MAX),
  unit: storedText(64).optional(),
  description: storedText(256).optional(),
  /** Inclusive; what is outside is refused. */
  minimum: z.number(),
  maximum: z.number(),
});
export type FeatureSpec = z.infer<typeof featureSpec>;

/** Whether an answer is proved: not at all, whenever somebody orders it, or before it is given. */
export const proveModes = ['none', 'later', 'now'] as const;
export type ProveMode = (typeof proveModes)[number];

/**
 * The body of an inference request: tensors in the style of the Open Inference Protocol, or a text, a picture or numbers by
 * name for a model with a preprocessing step. A closed schema, so that parameters which would change the result are refused instead of
 * being left out of what is proven.
 */
export const inferRequest = z
  .strictObject({
    inputs: z.array(requestTensor).min(1).max(MODEL_TENSORS_MAX).optional(),
    text: z.string().optional(),
    features: z
      .record(z.string().min(1).max(FEATURE_NAME_CHARACTERS_MAX), z.number())
      .refine((values) => Object.keys(values).length <= FEATURES_MAX, `expected at most ${FEATURES_MAX}`)
      .optional()
      .describe('Numbers by name, for a model whose page lists features; all of them, in any order.'),
    image: z
      .string()
      .min(1)
      .max(IMAGE_BASE64_CHARACTERS_MAX)
      .optional()
      .meta({ contentEncoding: 'base64' })
      .describe('A PNG, JPEG or WebP in padded base64, for a model that takes pictures.'),
    prove: z
      .enum(proveModes)
      .optional()
      .describe(
        '"now": the answer comes with a proof that the model gave it, for both prices in one payment; nothing is charged without the proof. "later": refused where its proof could not be ordered. Nothing is said with "none".',
      ),
    async: z
      .boolean()
      .optional()
      .describe('True: the answer is 202 with a job at once, and the model runs afterwards.'),
    callback: jobCallback.optional().describe('Where the job is posted once it ended; with "async" alone.'),
  })
  .refine(({ async, callback }) => async === true || callback === undefined, {
    message: 'expected "async": true beside "callback"',
    path: ['callback'],
  })
  .refine(
    ({ inputs, text, features, image }) =>
      [inputs, text, features, image].filter((given) => given !== undefined).length === 1,
    { message: 'expected exactly one of "inputs", "text", "features" and "image"' },
  )
  .meta({
    oneOf: [
      { required: ['inputs'] },
      { required: ['text'] },
      { required: ['features'] },
      { required: ['image'] },
    ],
  });
export type InferRequest = z.infer<typeof inferRequest>;
