import { canonicalJson } from '@touchstone/canonical-json';
import { hex32, TENSOR_RANK_MAX } from '@touchstone/contracts';
import {
  BEACON_SOURCE_CHARACTERS_MAX,
  CIRCUIT_SIGNALS_MAX,
  CIRCUIT_TENSORS_MAX,
  circuitSetUp,
  modelCircuit,
  setUpBeacon,
  setUpContribution,
  setUpPowers,
} from '@touchstone/contracts/circuit';
import { sha256TextHex } from '@touchstone/crypto';
import { z } from 'zod';

/** The name that every message carries. */
export const PAP = 'pap/1';

/** Most bytes of a request, and of a reply. */
export const PAP_MESSAGE_BYTES_MAX = 4_194_304;

/** Longest time of one call. */
export const PAP_DEADLINE_MAX_MS = 3_600_000;

/** Most characters of a message to people. */
export const PAP_TEXT_CHARACTERS_MAX = 2_048;

/** What a program ends with. */
export const papExitCodes = {
  done: 0,
  badRequest: 2,
  unsupportedModel: 3,
  resourceLimit: 4,
  internal: 5,
} as const;

const path = z
  .string()
  .max(4_096)
  .regex(/^\/[^\0]*$/, 'expected an absolute path');
const text = z.string().max(PAP_TEXT_CHARACTERS_MAX);
const code = z
  .string()
  .regex(/^[a-z0-9]+(?:-[a-z0-9]+){0,7}$/, 'expected a code')
  .max(64);
const deadlineMs = z.number().int().min(1).max(PAP_DEADLINE_MAX_MS);

/** A file by its path and SHA-256; the program refuses one of another digest. */
const file = z.strictObject({ path, sha256: hex32 });

/** 31 bytes as lower-case hex: what ties the proof to an answer and a request (protocol section 11). */
const bind = z.string().regex(/^[0-9a-f]{62}$/, 'expected 62 lower-case hex characters');

const tensor = z.strictObject({
  name: z.string().min(1).max(256),
  datatype: z.enum(['UINT8', 'INT8', 'UINT16', 'INT32']),
  shape: z.array(z.number().int().min(1).max(CIRCUIT_SIGNALS_MAX)).max(TENSOR_RANK_MAX),
  values: z.array(z.number().int()).min(1).max(CIRCUIT_SIGNALS_MAX),
});
export type PapTensor = z.infer<typeof tensor>;
const tensors = z.array(tensor).min(1).max(CIRCUIT_TENSORS_MAX);

/** The model: an ONNX file, and what it is compiled by. */
const model = z.strictObject({ onnx: file, options: file.optional() });

const head = { protocol: z.literal(PAP) };

/** Keys of one circuit. `vkDigest` says which circuit (protocol section 11): under the key of another one a proof would verify as well. */
const verificationSetUp = z.strictObject({ verificationKey: file, vkDigest: hex32 });
const provingSetUp = verificationSetUp.extend({ provingKey: file });

const statement = {
  model,
  programDigest: hex32,
  inputs: tensors,
  bind,
};

/** What the keys of a circuit are made of: its model, and powers of tau that are prepared for phase 2. */
const ceremony = { model, powers: file, deadlineMs };

/** What each verb is asked, closed. The verbs of set-ups are those of provers that make keys; others need not know them. `setUp` is there for systems that have one for each circuit, by what `describe` says. */
export const papRequests = {
  describe: z.strictObject({ ...head, verb: z.literal('describe') }),
  compile: z.strictObject({
    ...head,
    verb: z.literal('compile'),
    model,
    setUp: verificationSetUp.omit({ vkDigest: true }).optional(),
  }),
  prove: z.strictObject({
    ...head,
    verb: z.literal('prove'),
    ...statement,
    setUp: provingSetUp.optional(),
    /** Where the program writes the proof. */
    proofPath: path,
    deadlineMs,
  }),
  verify: z.strictObject({
    ...head,
    verb: z.literal('verify'),
    ...statement,
    outputs: tensors,
    setUp: verificationSetUp.optional(),
    proof: file,
    /** Random; a reply without it is no verdict. */
    challenge: hex32,
    deadlineMs,
  }),
  'set-up-start': z.strictObject({
    ...{ ...head, verb: z.literal('set-up-start'), ...ceremony },
    /** Where the program writes the first key. */
    keyPath: path,
  }),
  'set-up-accept': z.strictObject({
    ...{ ...head, verb: z.literal('set-up-accept'), ...ceremony },
    /** The key that a party was given, and the one that it sent. */
    before: file,
    provingKey: file,
  }),
  'set-up-finish': z.strictObject({
    ...{ ...head, verb: z.literal('set-up-finish'), ...ceremony },
    /** The newest key of a party. */
    provingKey: file,
    beacon: setUpBeacon.extend({ source: z.string().min(1).max(BEACON_SOURCE_CHARACTERS_MAX) }),
    /** Where the program writes the last key. */
    keyPath: path,
  }),
} as const;
export type PapVerb = keyof typeof papRequests;
export type PapRequest<Verb extends PapVerb> = z.infer<(typeof papRequests)[Verb]>;

const system = z.strictObject({
  /** Proof system, curve and commitment, for example `groth16/bn254`. */
  id: z.string().regex(/^[a-z0-9][a-z0-9./-]{0,63}$/),
  setUp: z.enum(['transparent', 'universal', 'per-circuit', 'insecure-public']),
  /** Whether a proof hides what is not public. */
  zeroKnowledge: z.boolean(),
  /** Whether a proof is one of `bind` too. One that is not can be shown beside any request with the same inputs and outputs. */
  carriesBind: z.boolean(),
  operators: z.array(z.string().min(1).max(64)).max(512).optional(),
  constraintsMax: z.number().int().min(1).optional(),
  signalsMax: z.number().int().min(1).optional(),
});

/** What each verb answers with exit code 0, closed. */
export const papReplies = {
  describe: z.strictObject({
    ...head,
    prover: z.strictObject({ name: z.string().min(1).max(64), version: z.string().min(1).max(64) }),
    systems: z.array(system).min(1).max(16),
  }),
  compile: z.strictObject({
    ...head,
    programDigest: hex32,
    /** Names, datatypes and shapes of what `prove` takes and answers. */
    inputs: z
      .array(tensor.omit({ values: true }))
      .min(1)
      .max(CIRCUIT_TENSORS_MAX),
    outputs: z
      .array(tensor.omit({ values: true }))
      .min(1)
      .max(CIRCUIT_TENSORS_MAX),
    constraints: z.number().int().min(1).optional(),
    /** Of the circuit descriptor, where the program has one (protocol section 11). */
    descriptorHash: hex32.optional(),
    vkDigest: hex32.optional(),
  }),
  prove: z.strictObject({
    ...head,
    programDigest: hex32,
    proofSha256: hex32,
    outputs: tensors,
    /** Which of its provers it was, and why not the one before. */
    prover: z.string().min(1).max(64),
    fellBack: text.optional(),
    milliseconds: z.number().min(0),
  }),
  verify: z.strictObject({
    ...head,
    challenge: hex32,
    statementDigest: hex32,
    proofSha256: hex32,
    valid: z.boolean(),
    reason: code.optional(),
  }),
  'set-up-start': z.strictObject({
    ...head,
    descriptorHash: hex32,
    constraintsSha256: hex32,
    powers: setUpPowers,
    provingKeySha256: hex32,
  }),
  'set-up-accept': z.strictObject({ ...head, contribution: setUpContribution }),
  'set-up-finish': z.strictObject({ ...head, transcript: circuitSetUp, circuit: modelCircuit }),
} as const;
export type PapReply<Verb extends PapVerb> = z.infer<(typeof papReplies)[Verb]>;

/** What stands in the reply file with another exit code, when the program could write one. */
export const papFailure = z.strictObject({ ...head, error: z.strictObject({ code, message: text }) });
export type PapFailure = z.infer<typeof papFailure>;

/**
 * SHA-256 of all that a request to verify asks about, by digests and values, so that a reply can be about nothing else. Paths, time
 * and challenge are left out.
 */
export function statementDigest(request: PapRequest<'verify'>): string {
  const { model: of, programDigest, inputs, outputs, bind: bound, setUp, proof } = request;
  return sha256TextHex(
    canonicalJson({
      onnx: of.onnx.sha256,
      options: of.options?.sha256 ?? null,
      programDigest,
      inputs,
      outputs,
      bind: bound,
      verificationKey: setUp?.verificationKey.sha256 ?? null,
      vkDigest: setUp?.vkDigest ?? null,
      proof: proof.sha256,
    }),
  );
}
