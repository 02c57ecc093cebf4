import { z } from 'zod';
import { circuitSetups, zkProof } from '../circuit/descriptor.js';
import { FEATURE_NAME_CHARACTERS_MAX, IMAGE_BASE64_CHARACTERS_MAX } from '../schemas/infer-request.js';
import { jobCallback } from '../schemas/job-callback.js';
import { MODEL_TENSORS_MAX } from '../schemas/model.js';
import { outputProof } from '../schemas/output.js';
import { caip2, evmAddress, hex32, slug, timestampMs, uuidV7 } from '../schemas/primitives.js';
import { requestTensor } from '../schemas/request-tensor.js';
import { paymentRemarks } from '../transfer/index.js';

/**
 * The seed API: the interface that this platform was first described with, beside `/v1`. Amounts are in USDC as decimal texts, hashes of
 * transactions have `0x`. What differs from that description, and why, stands in docs/reference/seed-api.md.
 */

/** A hash of a transaction, in any case as tools write it. */
export const transactionHash = z
  .string()
  .regex(/^0x[0-9a-fA-F]{64}$/, 'expected 0x and 64 hex characters')
  .transform((hash) => hash.toLowerCase());

/** Most elements of `inputs` as a plain list of numbers. */
export const SEED_NUMBERS_MAX = 4_194_304;

/** USDC as a decimal text. */
export const usdc = z
  .string()
  .regex(/^(?:0|[1-9][0-9]{0,11})(?:\.[0-9]{1,6})?$/, 'expected a decimal number');

const numbers = z.array(z.number()).min(1).max(SEED_NUMBERS_MAX);
const tensors = z.array(requestTensor).min(1).max(MODEL_TENSORS_MAX);
const picture = z.strictObject({ image: z.string().min(1).max(IMAGE_BASE64_CHARACTERS_MAX) });
const named = z.record(z.string().min(1).max(FEATURE_NAME_CHARACTERS_MAX), z.number());

/** The body of `POST /infer/:modelId`. */
export const seedInferRequest = z
  .strictObject({
    inputs: z
      .union([z.string(), numbers, tensors, named, picture], {
        error:
          'expected a text, a list of numbers, numbers by name, a list of tensors {name, datatype, shape, data}, or {image}',
      })
      .describe(
        'A text; numbers in row-major order, for a model with one input; numbers by name; tensors as in POST /v1/models/{id}/infer; or a picture as base64.',
      ),
    paymentTxHash: transactionHash
      .optional()
      .describe(
        'A transfer that was made before. It pays with the claim of its payer in touchstone-transfer-claim, or alone where the operator allows it.',
      ),
    returnProof: z
      .boolean()
      .default(true)
      .describe(
        'True: the answer has its proof, in zero knowledge where the model can be proved here (for both prices in one payment).',
      ),
    async: z.boolean().default(false).describe('True: the answer is 202 with a job; paid by x402 alone.'),
    callback: jobCallback.optional().describe('Where the job is posted once it ended; with "async" alone.'),
  })
  .refine(({ async, callback }) => async || callback === undefined, {
    message: 'expected "async": true beside "callback"',
    path: ['callback'],
  })
  .meta({ id: 'SeedInferRequest' });
export type SeedInferRequest = z.output<typeof seedInferRequest>;

const elements = z.array(z.union([z.number(), z.boolean(), z.string()]));
/** A time that something took. */
export const milliseconds = z.number().min(0);

/** Where and how much is paid. */
const seedPrice = z.strictObject({
  amount: usdc,
  currency: z.literal('USDC'),
  recipient: evmAddress,
  network: z.string().describe('Base, Base Sepolia, or the chain in CAIP-2 form.'),
  chainId: z.number().int().min(1),
  asset: evmAddress,
  caip2,
});

const seedProof = z.strictObject({
  type: z.enum(['groth16', 'signature']),
  signature: outputProof,
  groth16Proof: zkProof.shape.proof.nullable(),
  publicSignals: zkProof.shape.publicSignals.nullable(),
  vkDigest: hex32.nullable().describe('The key of the circuit, as verify-proof and trust files name it.'),
  setup: z.enum(circuitSetups).nullable().describe('Who could forge proofs of the circuit.'),
  proofIpfs: z.string().nullable().describe('Content identifier of the proof.'),
  verified: z
    .boolean()
    .nullable()
    .describe('True when a proof in zero knowledge passed its verification here; null where there is none.'),
  evidence: z.string().describe('What verifies without this service.'),
});

/** A payment that was made for an answer. */
export const seedPayment = z.strictObject({
  txHash: z.string().nullable(),
  amount: usdc,
  currency: z.literal('USDC'),
  from: evmAddress,
  to: evmAddress,
  network: z.string(),
  chainId: z.number().int().min(1),
  verifiedAt: timestampMs.describe('When the answer was signed; its payment had been verified before.'),
  remarks: paymentRemarks.optional(),
});

/** How a model is named. */
export const seedModelReference = z.strictObject({ id: slug, name: z.string(), version: z.string() });

/** The answer of `POST /infer/:modelId`. */
export const seedInferAnswer = z
  .strictObject({
    success: z.literal(true),
    verificationId: uuidV7,
    model: seedModelReference,
    inference: z.strictObject({
      outputs: z
        .union([elements, z.record(z.string(), elements)])
        .describe('The elements of the output in row-major order; of several outputs, by their names.'),
      prediction: z
        .strictObject({ label: z.string(), index: z.number(), score: z.number() })
        .nullable()
        .describe('The label with the highest score, of a model that has labels.'),
      timeMs: milliseconds,
    }),
    proof: seedProof.optional(),
    payment: seedPayment.nullable(),
    timing: z.strictObject({
      inference: milliseconds,
      groth16Proof: milliseconds.nullable(),
      total: milliseconds,
    }),
  })
  .meta({ id: 'SeedInferAnswer' });
export type SeedInferAnswer = z.infer<typeof seedInferAnswer>;

/** What every refusal of the seed API is. */
export const seedError = z
  .strictObject({
    success: z.literal(false),
    error: z.string(),
    code: z.number().int().describe('The status of HTTP.'),
    reason: z
      .string()
      .describe('A code of the payment (TX_NOT_FOUND …), or of docs/reference/problems.md in capitals.'),
    details: z.string(),
    retryable: z.boolean(),
    traceId: z.string().optional(),
    errors: z.array(z.strictObject({ pointer: z.string(), detail: z.string() })).optional(),
    x402Version: z.literal(1).optional(),
    accepts: z
      .array(z.record(z.string(), z.unknown()))
      .optional()
      .describe('What clients of x402 version 1 pay by.'),
    payment: seedPrice
      .extend({
        transfer: z
          .strictObject({
            header: z.string(),
            requestDigest: hex32,
            domain: z.record(z.string(), z.unknown()),
            types: z.record(z.string(), z.unknown()),
            confirmations: z.number().int(),
            maxAgeSeconds: z.number().int(),
            bareHash: z.boolean(),
          })
          .optional()
          .describe('What the payer of a transfer signs (EIP-712), where transfers are taken.'),
      })
      .optional()
      .describe('What is to be paid; x402 clients read it from PAYMENT-REQUIRED.'),
  })
  .meta({ id: 'SeedError' });
export type SeedError = z.infer<typeof seedError>;
