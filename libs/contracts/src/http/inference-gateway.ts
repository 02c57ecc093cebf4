import { z } from 'zod';
import { circuitDescriptor, circuitSetups, zkProof } from '../circuit/descriptor.js';
import { circuitDeviation } from '../circuit/deviation.js';
import { paymentRemarks } from '../transfer/index.js';
import {
  accuracyWith,
  modelDatatypes,
  inputTypes,
  modelStatuses,
  outputTypes,
  preprocessSpec,
  storedText,
  tensorSpecsWith,
  verificationStates,
} from '../schemas/model.js';
import {
  authorizationPayment,
  modelCommitment,
  outputContext,
  outputProof,
  paymentReference,
  transferPayment,
} from '../schemas/output.js';
import { decimal, hex32, objectCid, slug, timestampMs, uuidV7 } from '../schemas/primitives.js';
import { FEATURES_MAX, featureSpec } from '../schemas/infer-request.js';

export {
  FEATURES_MAX,
  FEATURE_NAME_CHARACTERS_MAX,
  IMAGE_BASE64_CHARACTERS_MAX,
  IMAGE_FILE_BYTES_MAX,
  featureSpec,
  proveModes,
  inferRequest,
  type FeatureSpec,
  type ProveMode,
  type InferRequest,
} from '../schemas/infer-request.js';
export type { RequestTensor } from '../schemas/request-tensor.js';
export {
  addedManifest,
  modelForm,
  PRICE_ATOMIC_MAX,
  type AddedManifest,
  type SentManifest,
} from '../schemas/added-model.js';
export { outputTypes, type OutputType } from '../schemas/model.js';

const timing = z.object({ inferenceMs: z.number(), totalMs: z.number() });
const links = z.object({ verification: z.string(), evidence: z.string() });
const answerLinks = links.extend({
  proof: z.string().optional().describe('Where the proof is ordered, when it was asked for later.'),
});
const modelReference = z.object({ id: slug, name: z.string(), version: z.string(), modelVersionId: hex32 });

/** A proof that a model gave an answer, and by what it was made. */
const provenExecution = z.object({
  circuit: z.object({
    vkDigest: hex32.describe('What a trust file lists the circuit by.'),
    setup: z.enum(circuitSetups).describe('Who could forge its proofs.'),
  }),
  zk: zkProof,
  cid: objectCid
    .optional()
    .describe(
      'Content identifier of zk as canonical JSON; the proof-service gives the object by it. Absent in answers of before.',
    ),
  prover: z.object({
    name: z.string(),
    fellBack: z.string().optional().describe('Why it was not the prover that is asked first.'),
    milliseconds: z.number(),
  }),
});
export type ProvenExecution = z.infer<typeof provenExecution>;

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
  presentation: z
    .object({
      outputType: z.enum(outputTypes),
      labels: z
        .array(z.object({ label: z.string(), score: z.number() }))
        .optional()
        .describe('Of a classification: the five likeliest, or fewer.'),
      value: z.number().optional().describe('Of a regression.'),
      dimension: z.number().optional().describe('Of an embedding.'),
    })
    .optional()
    .describe('The outputs in the words of what the model is for. Signed are the outputs.'),
  proof: outputProof,
  context: outputContext,
  payment: paymentReference.nullable(),
  execution: provenExecution.optional().describe('When the request said to prove it now.'),
  timing,
  links: answerLinks,
});
export type InferAnswer = z.infer<typeof inferAnswer>;

/** Most models on one page. */
export const MODELS_PAGE_MAX = 100;
const MODELS_PAGE_DEFAULT = 20;

/** In what order models are listed; `-` is from the highest down. Models of the same rank stand in order of their ids. */
export const modelSorts = ['id', 'price', '-price', 'accuracy', '-accuracy', '-calls'] as const;
export type ModelSort = (typeof modelSorts)[number];

/** The query of `GET /v1/models`. */
export const modelsQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(MODELS_PAGE_MAX).default(MODELS_PAGE_DEFAULT),
  cursor: slug.optional(),
  task: slug.optional(),
  status: z.enum(modelStatuses).optional(),
  maxPriceAtomic: decimal
    .optional()
    .describe('Only models whose answer costs at most so many atomic units of the asset.'),
  minAccuracy: z.coerce
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe('Only models of which an accuracy of at least that is stated.'),
  sort: z.enum(modelSorts).default('id'),
});
export type ModelsQuery = z.output<typeof modelsQuery>;

/** Atomic units of an asset; null where nothing is paid. */
const price = z.object({ amount: decimal, asset: z.string(), network: z.string() }).nullable();

/** What a proof of one answer costs, and how long it is expected to take here. */
const proofQuote = z.object({
  price,
  expectedMs: z.number().describe('Estimated from the size of the circuit and a proof that this host made.'),
});

/** A model in a list. */
export const modelSummary = modelReference.extend({
  description: z.string(),
  developer: z.string(),
  task: slug,
  status: z.enum(modelStatuses),
  price,
});
export type ModelSummary = z.infer<typeof modelSummary>;

/** One page of models. */
export const modelPage = z.object({ models: z.array(modelSummary), nextCursor: slug.nullable() });
export type ModelPage = z.infer<typeof modelPage>;

/** How often a model version was asked. */
const modelStatistics = z.object({
  calls: z.number().int().describe('Answers that were given: free ones, and those whose payment settled.'),
  errors: z.number().int().describe('Runs that failed.'),
  averageInferenceMs: z.number().nullable(),
  since: timestampMs.describe('Since when this version is known here.'),
});

/** A model with everything that is known about it. */
export const modelDetail = modelSummary.extend({
  modelHash: hex32,
  modelHashSha3: hex32,
  sizeBytes: z.number(),
  inputs: tensorSpecsWith(storedText),
  outputs: tensorSpecsWith(storedText),
  bodyBytesMax: z
    .number()
    .optional()
    .describe(
      'Largest body of a request over HTTP in bytes; made of what the inputs can take. Gateways of before do not say it.',
    ),
  inputType: z
    .enum(inputTypes)
    .optional()
    .describe(
      'What callers may send instead of tensors; "tensor" where nothing. Absent in answers of before.',
    ),
  outputType: z
    .enum(outputTypes)
    .optional()
    .describe('What the answers are, as declared or as labels show. Absent in answers of before.'),
  preprocess: preprocessSpec.optional(),
  features: z
    .array(featureSpec)
    .max(FEATURES_MAX)
    .optional()
    .describe('Of a model that takes numbers by name, in the order of its input.'),
  accuracy: accuracyWith(storedText).optional(),
  licence: storedText(256).optional(),
  /** Of a version whose answers can be proved. */
  circuit: z
    .object({
      vkDigest: hex32.describe('What a trust file lists the circuit by.'),
      setup: z.enum(circuitSetups).describe('Who could forge its proofs.'),
      descriptor: circuitDescriptor,
      deviation: circuitDeviation
        .optional()
        .describe('How far its whole numbers are from the floats of the file, as the operator says.'),
      proofs: proofQuote
        .nullable()
        .optional()
        .describe('What a proof of an answer costs; null where none is made.'),
    })
    .optional(),
  statistics: modelStatistics.optional().describe('Absent in answers of before.'),
  revenueShareBps: z
    .number()
    .int()
    .optional()
    .describe('Of a submitted model: basis points of its price that are its developer’s.'),
  modelSigning: z
    .object({ publicKeySha256: hex32, bundleSha256: hex32 })
    .optional()
    .describe(
      'Of a submitted model with an OpenSSF model signature: the key, and the bundle that was verified.',
    ),
  commitment: modelCommitment.nullable(),
  commitmentHash: hex32.nullable(),
});
export type ModelDetail = z.infer<typeof modelDetail>;

/** Whether an answer is proved, can be, or cannot. */
export const proofStatuses = ['proved', 'offered', 'not-offered'] as const;

/** What there is to know about the proof of one answer, before anything is paid. */
export const proofOffer = z.object({
  verificationId: uuidV7,
  status: z.enum(proofStatuses),
  reason: z.string().nullable().describe('Why none is offered.'),
  quote: proofQuote.nullable(),
  links,
});
export type ProofOffer = z.infer<typeof proofOffer>;

/** The body of a request for a proof: nothing can be chosen. */
export const proofRequest = z.strictObject({});

/** A proof that a model gave an answer. The evidence of the answer carries it from then on. */
export const proofAnswer = z.object({
  verificationId: uuidV7,
  model: modelReference,
  ...provenExecution.shape,
  payment: paymentReference.nullable(),
  links,
});
export type ProofAnswer = z.infer<typeof proofAnswer>;

/** The commitments of a model version, newest first. */
export const commitmentList = z.object({
  items: z.array(z.object({ commitmentHash: hex32, commitment: modelCommitment })),
});
export type CommitmentList = z.infer<typeof commitmentList>;

const settledPayment = {
  transaction: z.string().nullable(),
  remarks: paymentRemarks
    .optional()
    .describe('payer-unproven: nobody showed that the payer made this request.'),
};

/** A verification. What was not paid for is not shown: proof, context and hashes are null until then. */
export const verificationAnswer = z.object({
  verificationId: uuidV7,
  status: z.enum(verificationStates),
  model: z.object({ id: slug, modelVersionId: hex32 }),
  proof: outputProof.nullable(),
  context: outputContext.nullable(),
  hashes: z.object({ input: hex32, output: hex32 }).nullable(),
  commitmentHash: hex32,
  payment: z
    .union([authorizationPayment.extend(settledPayment), transferPayment.extend(settledPayment)])
    .nullable(),
  failure: z.string().nullable(),
  timing,
  createdAt: timestampMs,
  settledAt: timestampMs.nullable(),
  links,
});
export type VerificationAnswer = z.infer<typeof verificationAnswer>;
