import { z } from 'zod';
import { BATCH_LEAVES_MAX } from '../messages/anchor.js';
import { eventBatchFormats, signedBatch } from '../messages/event-batch.js';
import { jsonValue } from '../schemas/json-value.js';
import { keySet } from '../schemas/keys.js';
import { outputPayload, outputProof } from '../schemas/output.js';
import { decimal, evmAddress, hex32, hexData, uuidV7 } from '../schemas/primitives.js';

/** Most hashes a consistency proof may carry: two per level of a tree of 2^63 leaves. */
export const CONSISTENCY_PROOF_HASHES_MAX = 126;

export const signOutput = {
  request: outputPayload.extend({ format: z.enum(['der', 'compact']).optional() }),
  response: z.strictObject({ proof: outputProof }),
} as const;

/** Most outputs that one request has signed; signing them takes the signer's thread for some milliseconds. */
export const SIGN_OUTPUTS_MAX = 64;

/** Several outputs at once; the proofs come in the order of the payloads. */
export const signOutputs = {
  request: z.strictObject({ payloads: z.array(outputPayload).min(1).max(SIGN_OUTPUTS_MAX) }),
  response: z.strictObject({ proofs: z.array(outputProof).min(1).max(SIGN_OUTPUTS_MAX) }),
} as const;

export const signCheckpoint = {
  request: z.strictObject({
    origin: z.string().min(1).max(256),
    size: decimal,
    root: hex32,
    /** Proof from the last checkpoint that the caller knows to be signed; empty when that is the empty tree. */
    consistency: z.strictObject({
      fromSize: decimal,
      proof: z.array(hex32).max(CONSISTENCY_PROOF_HASHES_MAX),
    }),
  }),
  response: z.strictObject({ note: z.string().max(16_384) }),
} as const;

/** A typed EIP-1559 transaction; integers are decimal strings. */
export const eip1559Transaction = z.strictObject({
  chainId: z.number().int().positive(),
  nonce: z.number().int().min(0),
  to: evmAddress,
  value: decimal,
  data: hexData.max(2 + 2 * 65_536),
  gas: decimal,
  maxFeePerGas: decimal,
  maxPriorityFeePerGas: decimal,
});

export const signTransaction = {
  request: z.strictObject({ key: z.enum(['anchor', 'settlement']), transaction: eip1559Transaction }),
  response: z.strictObject({ rawTransaction: hexData, hash: hexData, from: evmAddress }),
} as const;

/** Most bytes of the canonical events of one batch that a service signs, together. */
export const BATCH_EVENTS_BYTES_MAX = 524_288;

/**
 * A batch of events, or of their leaves alone: then the caller keeps the events and vouches that the leaves stand in order of the
 * ids, and that no id stands there twice.
 */
export const signBatch = {
  request: z
    .strictObject({
      batchId: uuidV7
        .optional()
        .describe(
          'Names the batch; the same request with the same id has the same answer, however often it comes.',
        ),
      format: z.enum(eventBatchFormats),
      events: z
        .array(jsonValue)
        .min(1)
        .max(BATCH_LEAVES_MAX)
        .optional()
        .describe('Objects with an `id`, in any order; each is hashed in canonical form (RFC 8785).'),
      leaves: z
        .array(hex32)
        .min(1)
        .max(BATCH_LEAVES_MAX)
        .optional()
        .describe('SHA-256 of each event, with the prefix of its format, in order of the ids.'),
    })
    .refine(({ events, leaves }) => (events === undefined) !== (leaves === undefined), {
      message: 'expected either events or leaves',
    })
    .meta({ oneOf: [{ required: ['events'] }, { required: ['leaves'] }] }),
  response: signedBatch.extend({
    events: z
      .array(z.strictObject({ id: z.string(), leaf: hex32 }))
      .nullable()
      .describe('In the order of the tree; null where leaves were sent.'),
    warnings: z
      .array(z.strictObject({ code: z.enum(['leaf-guessable']), detail: z.string() }))
      .describe('What is signed and worth a second look.'),
  }),
} as const;

export const keySetQuery = {
  request: z.strictObject({}),
  response: z.strictObject({
    keySet,
    currentOutputKeyId: z.string(),
    domain: z.string(),
    log: z.strictObject({ origin: z.string(), vkey: z.string() }),
    addresses: z.strictObject({ anchor: evmAddress, settlement: evmAddress }),
  }),
} as const;
