import { z } from 'zod';
import { CIRCUIT_SIGNALS_MAX, circuitSetups, verificationKey } from '../circuit/descriptor.js';
import { modelStatuses } from '../schemas/model.js';
import { outputProof } from '../schemas/output.js';
import { hex32, slug, timestampMs, uuidV7 } from '../schemas/primitives.js';
import { jobStatuses } from './jobs.js';
import { milliseconds, seedError, seedInferAnswer, seedModelReference, seedPayment, usdc } from './seed.js';

/** The orders in which models are listed. */
export const seedModelSorts = ['id', 'price', '-price', 'accuracy', '-accuracy'] as const;

const SEED_MODELS_MAX = 100;

/** The query of `GET /api/models`. */
export const seedModelsQuery = z.strictObject({
  category: slug.optional(),
  maxPrice: usdc.optional().describe('In USDC.'),
  minAccuracy: z.coerce.number().min(0).max(100).optional().describe('In percent.'),
  sort: z.enum(seedModelSorts).default('id'),
  limit: z.coerce.number().int().min(1).max(SEED_MODELS_MAX).default(SEED_MODELS_MAX),
  cursor: slug.optional(),
});
export type SeedModelsQuery = z.output<typeof seedModelsQuery>;

/** A model as the registry lists it. */
export const seedModel = z
  .strictObject({
    ...seedModelReference.shape,
    description: z.string(),
    developer: z.string(),
    category: slug,
    status: z.enum(modelStatuses),
    price: usdc,
    currency: z.literal('USDC'),
    onnxHash: z.string().describe('SHA3-256 of the file with 0x.'),
    onnxSha256: hex32,
    onnxSizeMb: z.number(),
    accuracyPercent: z
      .number()
      .nullable()
      .describe('As its developer measured it; null where nothing is stated.'),
    canBeProved: z.boolean(),
    page: z.string().describe('All that is known about it.'),
  })
  .meta({ id: 'SeedModel' });
export type SeedModel = z.infer<typeof seedModel>;

/** The answer of `GET /api/models`. */
export const seedModelList = z.strictObject({
  success: z.literal(true),
  models: z.array(seedModel),
  nextCursor: slug.nullable(),
});
export type SeedModelList = z.infer<typeof seedModelList>;

/** The answer of `GET /api/models/:id`. */
export const seedModelAnswer = z.strictObject({ success: z.literal(true), model: seedModel });
export type SeedModelAnswer = z.infer<typeof seedModelAnswer>;

const paidFor = z.strictObject({
  model: z.strictObject({ id: slug, modelVersionId: hex32 }),
  status: z.enum(['success', 'pending', 'failed']),
  payment: seedPayment.nullable(),
  timing: z.strictObject({ inference: milliseconds, total: milliseconds }),
  errorMessage: z.string().nullable(),
  createdAt: timestampMs,
  settledAt: timestampMs.nullable(),
});

/** What is shown beside that to who knows the id of a verification, or paid for it. */
const answeredBy = {
  verificationId: uuidV7,
  inputHash: hex32.nullable(),
  outputHash: hex32.nullable(),
  signature: outputProof.nullable(),
  evidence: z.string(),
};

/** A verification by its id. */
export const seedVerification = z
  .strictObject({ success: z.literal(true), ...paidFor.shape, ...answeredBy })
  .meta({ id: 'SeedVerification' });
export type SeedVerification = z.infer<typeof seedVerification>;

/** Most verifications that are shown of one transaction. */
export const SEED_PAID_BY_TRANSACTION_MAX = 100;

/**
 * What a transaction paid for. Anybody reads hashes on the chain, so neither ids nor hashes of answers are told, unless their
 * payer shows who he is.
 */
export const seedPaidByTransaction = z
  .strictObject({
    success: z.literal(true),
    txHash: z.string(),
    verifications: z
      .array(paidFor.extend(z.strictObject(answeredBy).partial().shape))
      .max(SEED_PAID_BY_TRANSACTION_MAX)
      .describe('Id, hashes, signature and evidence are told to the payer alone.'),
  })
  .meta({ id: 'SeedPaidByTransaction' });
export type SeedPaidByTransaction = z.infer<typeof seedPaidByTransaction>;

/** The body of `POST /api/verify-proof`. The key is named by its digest and never sent: under a key of one's own everything is provable. */
export const seedVerifyProofRequest = z
  .strictObject({
    vkDigest: hex32.describe('The key, as proof.vkDigest of an answer and the page of the model name it.'),
    proof: z.unknown().describe('groth16Proof of an answer: pi_a, pi_b, pi_c.').meta({ type: 'object' }),
    publicSignals: z.array(z.string().max(80)).max(CIRCUIT_SIGNALS_MAX),
  })
  .meta({ id: 'SeedVerifyProofRequest' });
export type SeedVerifyProofRequest = z.output<typeof seedVerifyProofRequest>;

/** The answer of `POST /api/verify-proof`. */
export const seedVerifyProofAnswer = z
  .strictObject({
    success: z.literal(true),
    valid: z.boolean(),
    reason: z.string().nullable().describe('Why it is not valid.'),
    statement: z.strictObject({
      model: seedModelReference.extend({ modelHash: hex32 }),
      setup: z.enum(circuitSetups).describe('Who could forge proofs of the circuit.'),
      vkDigest: hex32,
      vk: verificationKey,
    }),
    timeMs: milliseconds,
  })
  .meta({ id: 'SeedVerifyProofAnswer' });
export type SeedVerifyProofAnswer = z.infer<typeof seedVerifyProofAnswer>;

/** A job that was taken, or is looked at. */
export const seedJob = z
  .strictObject({
    success: z.literal(true),
    jobId: uuidV7,
    status: z.enum(jobStatuses),
    progress: z.strictObject({ position: z.number().int().min(1) }).nullable(),
    result: seedInferAnswer.nullable(),
    error: seedError.omit({ payment: true }).nullable(),
    webhookSecret: z.string().optional(),
    statusUrl: z.string(),
  })
  .meta({ id: 'SeedJob' });
export type SeedJob = z.infer<typeof seedJob>;

/** The answer of `GET /health`. */
export const seedHealth = z.strictObject({
  status: z.enum(['healthy', 'unavailable']),
  timestamp: timestampMs,
  version: z.string(),
});
export type SeedHealth = z.infer<typeof seedHealth>;
