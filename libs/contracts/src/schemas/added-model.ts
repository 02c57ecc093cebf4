import { z } from 'zod';
import { visibleText } from '../visible-text.js';
import { MODEL_LABELS_MAX, outputTypes } from './model.js';
import { slug } from './primitives.js';

/** Most characters of a description. */
const DESCRIPTION_CHARACTERS = 2_000;

/** Highest price of one answer: a million tokens of six decimals, so that a slip of the decimal point is noticed. */
export const PRICE_ATOMIC_MAX = 1_000_000_000_000;

/** What its owner says about a model that is added; the tensors are read from the file. */
export const addedManifest = z.strictObject({
  name: slug.describe('The id under which the model is asked.'),
  version: z
    .string()
    .regex(/^[0-9A-Za-z][0-9A-Za-z.+-]{0,31}$/, 'expected 1 to 32 of 0–9 A–Z a–z . + -')
    .default('1.0.0'),
  priceAtomic: z
    .string()
    .regex(/^(?:0|[1-9][0-9]{0,12})$/, 'expected a decimal integer without leading zeros')
    .refine((text) => Number(text) <= PRICE_ATOMIC_MAX, `expected at most ${PRICE_ATOMIC_MAX}`)
    .describe('Price of one answer in atomic units of the asset; 0 gives answers away.'),
  developer: visibleText(128).default('operator'),
  description: visibleText(DESCRIPTION_CHARACTERS).optional(),
  licence: visibleText(256).optional(),
  task: slug.default('inference'),
  outputType: z
    .enum(outputTypes)
    .optional()
    .describe('What its answers are; when left out, a classification where there are labels.'),
  labels: z
    .array(visibleText(256))
    .min(1)
    .max(MODEL_LABELS_MAX)
    .optional()
    .describe('Names of the elements of the first output that has as many.'),
});
export type AddedManifest = z.output<typeof addedManifest>;
/** As its owner sends it: what has a default may be left out. */
export type SentManifest = z.input<typeof addedManifest>;

/** The parts of the form of `POST /v1/models`, as the document tells them. */
export const modelForm = z.strictObject({
  model: z.string().meta({ format: 'binary' }).describe('The ONNX file.'),
  manifest: addedManifest,
  'image.json': z.string().optional().meta({ format: 'binary' }).describe('How it takes pictures.'),
  'text-input.json': z.string().optional().meta({ format: 'binary' }).describe('How it takes texts.'),
  'tokenizer.json': z
    .string()
    .optional()
    .meta({ format: 'binary' })
    .describe('The tokenizer that text-input.json names.'),
});
