import { z } from 'zod';
import { MODEL_TENSORS_MAX } from './model.js';
import { TENSOR_RANK_MAX } from './output.js';
import { hex32 } from './primitives.js';

/** Most elements of one tensor of a circuit; a key has no more public signals (protocol section 11). */
export const CIRCUIT_ELEMENTS_MAX = 4_096;

/** Most constraints of a circuit. */
export const CIRCUIT_CONSTRAINTS_MAX = 1_048_575;

/** Most rows of samples in the options of a circuit. */
export const CIRCUIT_SAMPLES_MAX = 64;

/** The finest and the coarsest scale that a circuit states, as a power of two. */
export const CIRCUIT_SCALE_LOG2_MAX = 40;

/** What turns an ONNX file into whole numbers; another compiler gives other circuits. */
export const CIRCUIT_COMPILER = 'touchstone-integer/1';

const name = z.string().min(1).max(256);
const scale = z.number().int().min(-CIRCUIT_SCALE_LOG2_MAX).max(CIRCUIT_SCALE_LOG2_MAX);
const shape = z
  .array(z.number().int().min(1).max(CIRCUIT_ELEMENTS_MAX))
  .max(TENSOR_RANK_MAX)
  .refine(
    (sizes) => sizes.reduce((all, size) => all * size, 1) <= CIRCUIT_ELEMENTS_MAX,
    `expected at most ${CIRCUIT_ELEMENTS_MAX} elements`,
  );

const circuitInput = z
  .strictObject({
    name,
    datatype: z.enum(['UINT8', 'INT8', 'UINT16']),
    shape,
    scaleLog2: z.array(scale).min(1).max(CIRCUIT_ELEMENTS_MAX),
    zeroPoint: z.number().int().min(-128).max(65_535),
  })
  .refine(
    ({ shape: sizes, scaleLog2 }) =>
      scaleLog2.length === 1 || scaleLog2.length === sizes.reduce((all, size) => all * size, 1),
    'expected one scale, or one for each element',
  );

const circuitOutput = z.strictObject({ name, datatype: z.literal('INT32'), shape, scaleLog2: scale });

const postProcessing = z.strictObject({ op: z.enum(['Softmax', 'Sigmoid', 'ArgMax']), from: name, name });

/**
 * What the public signals of a circuit mean (protocol section 11): all elements of the inputs, then of the outputs, row-major, then
 * `bind`. A number q of an input stands for (q − zeroPoint) · 2^scaleLog2, y of an output for y · 2^scaleLog2. Its hash is a part
 * of the digest of the key.
 */
export const circuitDescriptor = z.strictObject({
  version: z.literal(1),
  compiler: z.literal(CIRCUIT_COMPILER),
  modelHash: hex32,
  inputs: z.array(circuitInput).min(1).max(MODEL_TENSORS_MAX),
  outputs: z.array(circuitOutput).min(1).max(MODEL_TENSORS_MAX),
  post: z.array(postProcessing).max(MODEL_TENSORS_MAX),
  constraints: z.number().int().min(1).max(CIRCUIT_CONSTRAINTS_MAX),
});
export type CircuitDescriptor = z.infer<typeof circuitDescriptor>;

/**
 * What a circuit is compiled by besides the ONNX file: the range of each input, and rows of it by which the scales of the activations
 * are chosen. The same file and options give the same circuit on every machine.
 */
export const circuitOptions = z.strictObject({
  version: z.literal(1),
  ranges: z
    .record(name, z.strictObject({ minimum: z.number().optional(), maximum: z.number().optional() }))
    .refine((ranges) => Object.keys(ranges).length <= MODEL_TENSORS_MAX, 'expected fewer inputs')
    .optional(),
  samples: z
    .array(z.record(name, z.array(z.number()).min(1).max(CIRCUIT_ELEMENTS_MAX)))
    .max(CIRCUIT_SAMPLES_MAX)
    .optional(),
});
export type CircuitOptions = z.infer<typeof circuitOptions>;
