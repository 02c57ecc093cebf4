import {
  authorizationPayment,
  decimal,
  hex32,
  modelCommitment,
  outputContext,
  outputProof,
  slug,
  timestampMs,
  uuidV7,
} from '@touchstone/contracts';
import { z } from 'zod';
import { verificationStates } from '../../domain/inference/verification.js';
import { modelDatatypes, modelManifest } from '../../domain/model/manifest.js';
import { modelStatuses } from '../../domain/model/model.js';

const timing = z.object({ inferenceMs: z.number(), totalMs: z.number() });
const links = z.object({ verification: z.string(), evidence: z.string() });
const modelReference = z.object({ id: slug, name: z.string(), version: z.string(), modelVersionId: hex32 });

/** The answer to an inference request. */
export const inferAnswer = z.object({
  verificationId: uuidV7,
  model: modelReference,
  outputs: z.array(
    z.object({
      name: z.string(),
      datatype: z.enum(modelDatatypes),
      shape: z.array(z.number()),
      data: z.array(z.union([z.boolean(), z.number(), z.string()])),
    }),
  ),
  prediction: z.object({ label: z.string(), index: z.number(), score: z.number() }).optional(),
  proof: outputProof,
  context: outputContext,
  payment: authorizationPayment.nullable(),
  timing,
  links,
});

/** A model in a list. */
export const modelSummary = modelReference.extend({
  description: z.string(),
  developer: z.string(),
  task: slug,
  status: z.enum(modelStatuses),
  price: z.object({ amount: decimal, asset: z.string(), network: z.string() }).nullable(),
});
export type ModelSummary = z.infer<typeof modelSummary>;

/** One page of models. */
export const modelPage = z.object({ models: z.array(modelSummary), nextCursor: slug.nullable() });

/** A model with everything that is known about it. */
export const modelDetail = modelSummary.extend({
  modelHash: hex32,
  modelHashSha3: hex32,
  sizeBytes: z.number(),
  inputs: modelManifest.shape.inputs,
  outputs: modelManifest.shape.outputs,
  preprocess: modelManifest.shape.preprocess,
  accuracy: modelManifest.shape.accuracy,
  licence: modelManifest.shape.licence,
  commitment: modelCommitment.nullable(),
  commitmentHash: hex32.nullable(),
});
export type ModelDetail = z.infer<typeof modelDetail>;

/** The commitments of a model version, newest first. */
export const commitmentList = z.object({
  items: z.array(z.object({ commitmentHash: hex32, commitment: modelCommitment })),
});

/** A verification. What was not paid for is not shown: proof, context and hashes are null until then. */
export const verificationAnswer = z.object({
  verificationId: uuidV7,
  status: z.enum(verificationStates),
  model: z.object({ id: slug, modelVersionId: hex32 }),
  proof: outputProof.nullable(),
  context: outputContext.nullable(),
  hashes: z.object({ input: hex32, output: hex32 }).nullable(),
  commitmentHash: hex32,
  payment: authorizationPayment.extend({ transaction: z.string().nullable() }).nullable(),
  failure: z.string().nullable(),
  timing,
  createdAt: timestampMs,
  settledAt: timestampMs.nullable(),
  links,
});
export type VerificationAnswer = z.infer<typeof verificationAnswer>;
