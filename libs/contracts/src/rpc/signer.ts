import { z } from 'zod';
import { keySet } from '../schemas/keys.js';
import { outputPayload, outputProof } from '../schemas/output.js';
import { decimal, evmAddress, hex32, hexData } from '../schemas/primitives.js';

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
