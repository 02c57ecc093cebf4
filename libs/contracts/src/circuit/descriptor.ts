import { z } from 'zod';
import { TENSOR_RANK_MAX } from '../schemas/output.js';
import { hex32 } from '../schemas/primitives.js';

/** Most public signals of a circuit: elements of all inputs and outputs, and `bind`. */
export const CIRCUIT_SIGNALS_MAX = 4_096;
/** Most inputs, and most outputs, of a circuit. */
export const CIRCUIT_TENSORS_MAX = 16;
/** Most layers of a circuit. */
export const CIRCUIT_LAYERS_MAX = 4_096;
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
  /** What one unit of each layer's results is worth: with these anybody compiles the same circuit from the same file. */
  activations: z.array(scaleLog2).max(CIRCUIT_LAYERS_MAX),
  outputs: z.array(circuitOutput).min(1).max(CIRCUIT_TENSORS_MAX),
  post: z.array(circuitPostProcessing).max(CIRCUIT_TENSORS_MAX),
  constraints: z.number().int().min(1).max(Number.MAX_SAFE_INTEGER),
});
export type CircuitDescriptor = z.infer<typeof circuitDescriptor>;

/** Who took part in the set-up of a circuit, and so could forge proofs: one party, all of several, or nobody. */
export const circuitSetups = ['single-party', 'multi-party', 'universal', 'transparent'] as const;
export type CircuitSetup = (typeof circuitSetups)[number];

/** A coordinate or a public signal in decimal; what it has to be, the verifier of the proof says. */
const FIELD_TEXT_MAX = 80;
const fieldText = z.string().min(1).max(FIELD_TEXT_MAX);
const g1 = z.tuple([fieldText, fieldText]);
const g2 = z.tuple([g1, g1]);

/** A Groth16 verification key (protocol section 11). */
export const verificationKey = z.strictObject({
  protocol: z.literal('groth16'),
  curve: z.literal('bn128'),
  nPublic: z.number().int().min(1).max(CIRCUIT_SIGNALS_MAX),
  vk_alpha_1: g1,
  vk_beta_2: g2,
  vk_gamma_2: g2,
  vk_delta_2: g2,
  IC: z.array(g1).max(CIRCUIT_SIGNALS_MAX + 1),
});

/** A proof that a model gave outputs for inputs, with all that it takes to judge it (protocol section 11). */
export const zkProof = z.strictObject({
  vk: verificationKey,
  proof: z.strictObject({ pi_a: g1, pi_b: g2, pi_c: g1 }),
  publicSignals: z.array(fieldText).max(CIRCUIT_SIGNALS_MAX),
  descriptor: circuitDescriptor,
});
export type ZkProof = z.infer<typeof zkProof>;

/** The circuit of a model version: what a gateway serves it by, and what its proofs are judged with. */
export const modelCircuit = z.strictObject({
  version: z.literal(1),
  descriptor: circuitDescriptor,
  vk: verificationKey,
  setup: z.enum(circuitSetups),
});
export type ModelCircuit = z.infer<typeof modelCircuit>;
