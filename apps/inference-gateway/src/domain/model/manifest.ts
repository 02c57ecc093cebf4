import {
  decimal,
  hex32,
  slug,
  TENSOR_RANK_MAX,
  visibleText,
  type TensorDatatype,
} from '@touchstone/contracts';
import { z } from 'zod';

/** Largest manifest in bytes. */
export const MANIFEST_BYTES_MAX = 1_048_576;

/** Most inputs, and most outputs, that a model may have. */
export const MODEL_TENSORS_MAX = 64;

/** Most labels on one output. */
export const MODEL_LABELS_MAX = 10_000;

/** Datatypes that a model may use. BYTES is left out: its elements have no fixed width for the runtime to share. */
export const modelDatatypes = [
  'BOOL',
  'UINT8',
  'UINT16',
  'UINT32',
  'UINT64',
  'INT8',
  'INT16',
  'INT32',
  'INT64',
  'FP16',
  'FP32',
  'FP64',
] as const satisfies readonly TensorDatatype[];
export type ModelDatatype = (typeof modelDatatypes)[number];

/** A file name inside the model's own folder: one segment without separators, so that it cannot point elsewhere. */
const fileName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, 'expected a plain file name without a path');

const tensorShape = z
  .array(z.union([z.literal(-1), z.number().int().min(1).max(Number.MAX_SAFE_INTEGER)]))
  .max(TENSOR_RANK_MAX)
  .describe('−1 is an open size: of an input the caller chooses it. Without a shape any one is taken.');

/** Makes the rule of a text of at most so many characters. */
type TextRule = (charactersMax: number) => z.ZodString;

const tensorSpecWith = (text: TextRule) =>
  z.strictObject({
    name: z.string().min(1).max(256),
    datatype: z.enum(modelDatatypes),
    shape: tensorShape.optional(),
    labels: z.array(text(256)).min(1).max(MODEL_LABELS_MAX).optional(),
    minimum: z.number().optional(),
    maximum: z.number().optional(),
  });

const storedText: TextRule = (charactersMax) => z.string().min(1).max(charactersMax);

/** One input or output. */
export const tensorSpec = tensorSpecWith(storedText);
export type TensorSpec = z.infer<typeof tensorSpec>;

/** A shape in words, for whoever reads a refusal. */
export function shapeText(shape: readonly number[] | undefined): string {
  return shape ? JSON.stringify(shape) : 'of any shape';
}

/**
 * Whether a shape fits what is declared; −1 takes any size, 0 included: a detector that sees nothing gives no rows. Where
 * nothing is declared, every shape fits.
 */
export function shapeFits(expected: readonly number[] | undefined, actual: readonly number[]): boolean {
  return (
    expected === undefined ||
    (expected.length === actual.length &&
      expected.every((size, index) => size === -1 || size === actual[index]))
  );
}

const tensorSpecsWith = (text: TextRule) =>
  z
    .array(tensorSpecWith(text))
    .min(1)
    .max(MODEL_TENSORS_MAX)
    .refine(
      (specs) => new Set(specs.map(({ name }) => name)).size === specs.length,
      'a tensor name appears twice',
    );

/** How a text becomes the model's input; the digest also stands in the metadata of the ONNX file. */
export const preprocessSpec = z.strictObject({ type: z.literal('word-list'), file: fileName, sha256: hex32 });

const manifestWith = (text: TextRule) =>
  z.strictObject({
    id: slug,
    name: text(128),
    version: text(64),
    developer: text(128),
    description: text(2_000),
    file: fileName,
    sha256: hex32,
    licence: text(256).optional(),
    task: slug,
    inputs: tensorSpecsWith(text),
    outputs: tensorSpecsWith(text),
    priceAtomic: decimal,
    preprocess: preprocessSpec.optional(),
    accuracy: z
      .strictObject({
        metric: text(128),
        value: z.number(),
        samples: z.number().int().min(1),
        split: text(512).optional(),
      })
      .optional(),
  });

/**
 * The manifest of one model version, as it is kept. A closed schema: a member nobody reads would promise something. Its
 * texts were judged when they came in, by the Unicode version of that time.
 */
export const modelManifest = manifestWith(storedText);
export type ModelManifest = z.infer<typeof modelManifest>;

/** `model.json` of the models folder: a manifest whose texts can be shown to everybody. */
export const folderManifest = manifestWith(visibleText);
