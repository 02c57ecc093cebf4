import { z } from 'zod';
import { caip2, decimal, evmAddress, hex32, hexBytes, keyId, unixSeconds } from './primitives.js';

/** Datatypes of the Open Inference Protocol v2. */
export const tensorDatatypes = [
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
  'BYTES',
] as const;
export type TensorDatatype = (typeof tensorDatatypes)[number];

/** Most dimensions of a tensor (protocol section 12). */
export const TENSOR_RANK_MAX = 32;

/** A canonical tensor (protocol section 8): `data` is padded base64 of the raw little-endian contents. */
export const canonicalTensor = z.strictObject({
  name: z.string().min(1).max(256),
  datatype: z.enum(tensorDatatypes),
  shape: z.array(z.number().int().min(0).max(Number.MAX_SAFE_INTEGER)).max(TENSOR_RANK_MAX),
  data: z.string(),
});
export type CanonicalTensor = z.infer<typeof canonicalTensor>;

/** What is signed about one output (protocol section 2), without domain and signature. */
export const outputPayload = z.strictObject({
  modelVersionId: hex32,
  inputHash: hex32,
  outputHash: hex32,
  nonce: hex32,
  timestamp: unixSeconds,
});
export type OutputPayload = z.infer<typeof outputPayload>;

/** A signed output: `signature` is compact (128 hex characters) or strict DER. */
export const outputProof = outputPayload.extend({
  domain: z.string().regex(/^[a-z0-9.-]{0,64}$/),
  keyId,
  signature: hexBytes.min(16).max(144),
});
export type OutputProof = z.infer<typeof outputProof>;

/** A payment by an EIP-3009 authorisation. */
export const authorizationPayment = z.strictObject({
  network: caip2,
  asset: evmAddress,
  payer: evmAddress,
  payTo: evmAddress,
  amount: decimal,
  nonce: hex32,
});

/** A payment by a plain transfer. */
export const transferPayment = z.strictObject({
  network: caip2,
  asset: evmAddress,
  txHash: hex32,
  logIndex: z.number().int().min(0),
  payer: evmAddress,
  payTo: evmAddress,
  amount: decimal,
});

export const paymentReference = z.union([authorizationPayment, transferPayment]);
export type PaymentReference = z.infer<typeof paymentReference>;
export type AuthorizationPayment = z.infer<typeof authorizationPayment>;

/** What the hub knew about the node that ran the model. */
export const nodeContext = z.strictObject({
  nodeId: z.string().min(1).max(128),
  attestationStatus: z.enum(['OK', 'DRIFT', 'SPOOF_SUSPECT', 'MISSING', 'STALE', 'UNKNOWN']),
  buildId: z.string().max(256).nullable(),
  capabilityHash: hex32.nullable(),
});
export type NodeContext = z.infer<typeof nodeContext>;

/** Everything that the nonce commits to beside the payload (protocol section 2, context in the nonce). */
export const outputContext = z.strictObject({
  salt: hex32,
  requestDigest: hex32.nullable(),
  payment: paymentReference.nullable(),
  node: nodeContext.nullable(),
  build: z.strictObject({ service: z.string().max(64), version: z.string().max(64), hash: hex32 }),
});
export type OutputContext = z.infer<typeof outputContext>;

/** The parts whose canonical form is the request digest (protocol section 10). */
export const requestParts = z.strictObject({
  bodyDigest: hex32,
  method: z.string().regex(/^[A-Z]{1,16}$/),
  modelVersionId: hex32,
  quoteId: z.string().max(128).nullable(),
  target: z.string().min(1).max(2048),
});
export type RequestParts = z.infer<typeof requestParts>;

/** The identity of a model version: its hash is the `modelVersionId`. */
export const modelIdentity = z.strictObject({
  developer: z.string().min(1).max(128),
  modelHash: hex32,
  name: z.string().min(1).max(128),
  version: z.string().min(1).max(64),
});
export type ModelIdentity = z.infer<typeof modelIdentity>;

/** A model commitment (R-SIGN-7): which keys may sign for this model version. */
export const modelCommitment = z.strictObject({
  type: z.literal('touchstone.model-commitment.v1'),
  modelVersionId: hex32,
  model: modelIdentity,
  sequence: z.number().int().min(0),
  keys: z
    .array(
      z.strictObject({ kid: keyId, alg: z.enum(['ES256K', 'Ed25519']), publicKey: hexBytes.min(64).max(66) }),
    )
    .min(1)
    .max(64),
  currentKeyId: keyId,
  vkDigest: hex32.nullable(),
  previous: hex32.nullable(),
  effectiveAt: unixSeconds,
});
export type ModelCommitment = z.infer<typeof modelCommitment>;
