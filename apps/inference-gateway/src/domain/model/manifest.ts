import {
  accuracyWith,
  decimal,
  hex32,
  modelFileName,
  preprocessSpec,
  slug,
  storedText,
  tensorSpecsWith,
  visibleText,
  type TextRule,
} from '@touchstone/contracts';
import { outputTypes } from '@touchstone/contracts/http/inference-gateway';
import { z } from 'zod';

/** Largest manifest in bytes. */
export const MANIFEST_BYTES_MAX = 1_048_576;

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

const manifestWith = (text: TextRule) =>
  z.strictObject({
    id: slug,
    name: text(128),
    version: text(64),
    developer: text(128),
    description: text(2_000),
    file: modelFileName,
    sha256: hex32,
    licence: text(256).optional(),
    task: slug,
    inputs: tensorSpecsWith(text),
    outputs: tensorSpecsWith(text),
    priceAtomic: decimal,
    preprocess: preprocessSpec.optional(),
    outputType: z.enum(outputTypes).optional(),
    accuracy: accuracyWith(text).optional(),
    /** The circuit by which answers can be proved: the model is then run in whole numbers. */
    circuit: modelFileName.optional(),
    /** How far its whole numbers are from the floats of the file. */
    deviation: modelFileName.optional(),
    /** The proving key of the circuit: proofs of answers are made here. */
    provingKey: modelFileName.optional(),
    /** What a proof of one answer costs; nothing when left out. */
    proofPriceAtomic: decimal.optional(),
  });

/**
 * The manifest of one model version, as it is kept. A closed schema: a member nobody reads would promise something. Its
 * texts were judged when they came in, by the Unicode version of that time.
 */
export const modelManifest = manifestWith(storedText);
export type ModelManifest = z.infer<typeof modelManifest>;

/** `model.json` of the models folder: a manifest whose texts can be shown to everybody. */
export const folderManifest = manifestWith(visibleText);
