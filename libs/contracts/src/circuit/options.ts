import { z } from 'zod';
import { CIRCUIT_SIGNALS_MAX, CIRCUIT_TENSORS_MAX, circuitDescriptor } from './descriptor.js';

/** Most rows of samples in the options of a circuit. */
export const CIRCUIT_SAMPLES_MAX = 64;

const name = z.string().min(1).max(256);
const range = z.strictObject({ minimum: z.number().optional(), maximum: z.number().optional() });
const row = z.record(name, z.array(z.number()).min(1).max(CIRCUIT_SIGNALS_MAX));

/**
 * What a circuit is compiled by besides the ONNX file: the range of each input, and rows of it by which the scales of the activations
 * are chosen. The same file and options give the same circuit on every machine.
 */
export const circuitOptions = z
  .strictObject({
    version: z.literal(1),
    ranges: z
      .record(name, range)
      .refine((ranges) => Object.keys(ranges).length <= CIRCUIT_TENSORS_MAX, 'expected fewer inputs')
      .optional(),
    samples: z.array(row).max(CIRCUIT_SAMPLES_MAX).optional(),
    /** All scales as a descriptor states them, in place of ranges and samples. */
    stated: circuitDescriptor.pick({ inputs: true, activations: true }).optional(),
  })
  .refine(
    ({ ranges, samples, stated }) => stated === undefined || (ranges === undefined && samples === undefined),
    'expected either "stated" or ranges and samples',
  );
export type CircuitOptions = z.infer<typeof circuitOptions>;
