import { z } from 'zod';
import { hex32 } from '../schemas/primitives.js';
import { CIRCUIT_SIGNALS_MAX, CIRCUIT_TENSORS_MAX } from './descriptor.js';

/** Most samples of a comparison of a model with its integer model. */
export const DEVIATION_SAMPLES_MAX = 100_000;

const share = z.number().min(0).max(1);

/**
 * How far an integer model is from the floats of its file, over samples. Whoever has the file, the circuit and the samples makes the same
 * report; nobody else has more than the word of who made it.
 */
export const circuitDeviation = z.strictObject({
  version: z.literal(1),
  /** SHA-256 of the ONNX file that both were run from. */
  modelHash: hex32,
  /** Digest of the circuit. */
  vkDigest: hex32,
  samples: z.strictObject({
    /** SHA-256 of the file that they stand in. */
    sha256: hex32,
    count: z.number().int().min(1).max(DEVIATION_SAMPLES_MAX),
  }),
  /** Largest difference at which single numbers agree; where there are several, the largest one has to stand at the same place. */
  tolerance: z.number().min(0),
  /** What the floats were computed by. */
  runtime: z.strictObject({ name: z.string().max(256), processor: z.string().max(256) }),
  /** Of the outputs of the file, after softmax and the like. */
  outputs: z
    .array(
      z.strictObject({
        name: z.string().min(1).max(256),
        elements: z.number().int().min(1).max(CIRCUIT_SIGNALS_MAX),
        largestDifference: z.number().min(0),
        agreement: share,
      }),
    )
    .min(1)
    .max(CIRCUIT_TENSORS_MAX),
  /** Share of the samples on which all outputs agree. */
  agreement: share,
  /** Share of the samples whose label is what the first output says, where all samples have one. */
  accuracy: z.strictObject({ float: share, integer: share }).optional(),
});
export type CircuitDeviation = z.infer<typeof circuitDeviation>;
