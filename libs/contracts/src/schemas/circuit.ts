import { z } from 'zod';
import { TENSOR_RANK_MAX } from './output.js';
import { hex32 } from './primitives.js';

/** Most public signals of a circuit: elements of all inputs and outputs, and `bind`. */
export const CIRCUIT_SIGNALS_MAX = 4_096;
/** Most inputs, and most outputs, of a circuit. */
export const CIRCUIT_TENSORS_MAX = 16;
/** The finest and the coarsest scale of a tensor, as a power of two. */
export const CIRCUIT_SCALE_LOG2_MAX = 1_074;

const name = z.string().min(1).max(256);
const shape = z.array(z.number().int().min(1).max(CIRCUIT_SIGNALS_MAX)).max(TENSOR_RANK_MAX);
const scaleLog2 = z.number().int().min(-CIRCUIT_SCALE_LOG2_MAX).max(CIRCUIT_SCALE_LOG2_MAX);

/** An input in whole numbers: q = clamp(round(x / 2^scaleLog2) + zeroPoint), half to even. */
export const circuitInput = z.strictObject({
  name,
  datatype: z.enum(['UINT8', 'INT8', 'UINT16']),
  shape,
  /** One for all elements, or one for each. */
  scaleLog2: z.array(scaleLog2).min(1).max(CIRCUIT_SIGNALS_MAX),
  zeroPoint: z.number().int().min(-65_535).max(65_535),
});

/** An output in whole numbers, each worth 2^scaleLog2. */
export const circuitOutput = z.strictObject({ name, datatype: z.literal('INT32'), shape, scaleLog2 });

/** What a verifier computes from a proven output; no proof covers it. */
export const circuitPostProcessing = z.strictObject({
  op: z.enum(['Softmax', 'Sigmoid', 'ArgMax']),
  from: name,
  name,
});

/**
 * What the public signals of a circuit mean (protocol section 11): the elements of the inputs, then of the outputs, each
 * row-major in the order in which they stand here, then `bind`. Its hash is part of the digest of the verification key.
 */
export const circuitDescriptor = z.strictObject({
  version: z.literal(1),
  /** Name and version of what wrote the circuit. */
  compiler: z.string().regex(/^[a-z0-9.-]{1,64}\/[a-z0-9.-]{1,32}$/),
  /** SHA-256 of the ONNX file that it was compiled from. */
  modelHash: hex32,
  inputs: z.array(circuitInput).min(1).max(CIRCUIT_TENSORS_MAX),
  outputs: z.array(circuitOutput).min(1).max(CIRCUIT_TENSORS_MAX),
  post: z.array(circuitPostProcessing).max(CIRCUIT_TENSORS_MAX),
  constraints: z.number().int().min(1).max(Number.MAX_SAFE_INTEGER),
});
export type CircuitDescriptor = z.infer<typeof circuitDescriptor>;
