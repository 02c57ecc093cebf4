import { z } from 'zod';
import { MODEL_TENSORS_MAX, modelStatuses } from '../schemas/model.js';
import { evmAddress, hex32, hexData, slug, timestampMs, uuidV7 } from '../schemas/primitives.js';
import { requestTensor } from '../schemas/request-tensor.js';
import { visibleText } from '../visible-text.js';
import { addedManifest } from './inference-gateway.js';
import { submissionStates } from './submission-states.js';

/** Basis points of a whole. */
export const BASIS_POINTS = 10_000;

/** What a developer asks for when nothing is said, and what an operator allows at most when nothing is said. */
export const REVENUE_SHARE_DEFAULT_BPS = 7_000;

/** Most characters of the public key in a manifest; one of P-256 has about 180. */
export const PUBLIC_KEY_PEM_CHARACTERS_MAX = 1_024;

/** What a developer says about a model that is submitted. The tensors are read from the file. */
export const submissionManifest = addedManifest
  .omit({ developer: true })
  .required({ description: true, licence: true })
  .extend({
    revenueShareBps: z
      .number()
      .int()
      .min(0)
      .max(BASIS_POINTS)
      .default(REVENUE_SHARE_DEFAULT_BPS)
      .describe('Basis points of what callers pay that are the developer’s.'),
    contact: visibleText(256).optional().describe('How the operator reaches the developer; not published.'),
    modelSigning: z
      .strictObject({ publicKeyPem: z.string().min(1).max(PUBLIC_KEY_PEM_CHARACTERS_MAX) })
      .optional()
      .describe('The key of P-256 that signed the part signature-bundle (OpenSSF model signing).'),
  });
export type SubmissionManifest = z.output<typeof submissionManifest>;

/** Fewest test cases of a submission. */
export const TEST_CASES_MIN = 3;
/** Most test cases of a submission. */
export const TEST_CASES_MAX = 32;

/** How far an output may be from what is expected when nothing else is said. */
const TEST_TOLERANCE_DEFAULT = 1e-6;
/** How far an output may be from what is expected at most: more would have a test case hold for much. */
export const TEST_TOLERANCE_MAX = 0.01;

const tensors = z.array(requestTensor).min(1).max(MODEL_TENSORS_MAX);

/** Inputs with the outputs that the model gives for them; an output that is not named is not compared. */
export const testCases = z
  .array(
    z.strictObject({
      inputs: tensors,
      outputs: tensors,
      tolerance: z
        .number()
        .min(0)
        .max(TEST_TOLERANCE_MAX)
        .default(TEST_TOLERANCE_DEFAULT)
        .describe('Absolute, for each element.'),
    }),
  )
  .min(TEST_CASES_MIN)
  .max(TEST_CASES_MAX);
export type TestCase = z.output<typeof testCases>[number];

/** r, s and v of a signature over EIP-712 typed data by the key of an address. */
export const typedDataSignature = hexData.length(2 + 2 * 65);

/** Seconds ahead that a deadline under a signature may lie. */
export const SIGNED_DEADLINE_SECONDS_MAX = 86_400;

export const signedDeadline = z
  .number()
  .int()
  .min(0)
  .max(Number.MAX_SAFE_INTEGER)
  .describe('The last Unix second at which it is taken; at most one day ahead.');

/** The part `signature` of a submission. */
export const submissionSignature = z.strictObject({
  developer: evmAddress,
  modelSha256: hex32.describe('Of the file that comes in the last part.'),
  deadline: signedDeadline,
  signature: typedDataSignature,
});
export type SubmissionSignature = z.infer<typeof submissionSignature>;

/** The EIP-712 domain of what a developer signs. */
export function marketDomain(chainId: number) {
  return { name: 'Touchstone', version: '1', chainId } as const;
}

/** What a developer signs about a submission; `testCasesSha256` is of the bytes of the part, `manifestSha256` of its canonical form. */
export const modelSubmissionTypes = {
  ModelSubmission: [
    { name: 'modelSha256', type: 'bytes32' },
    { name: 'manifestSha256', type: 'bytes32' },
    { name: 'testCasesSha256', type: 'bytes32' },
    { name: 'termsSha256', type: 'bytes32' },
    { name: 'developer', type: 'address' },
    { name: 'deadline', type: 'uint256' },
  ],
} as const;

/** The parts of the form of `POST /v1/submissions`, as the document tells them; `model` comes last. */
export const submissionForm = z.strictObject({
  manifest: submissionManifest,
  'test-cases': testCases,
  signature: submissionSignature,
  'signature-bundle': z
    .string()
    .optional()
    .describe('Sigstore bundle of `model_signing sign key`, with modelSigning in the manifest.'),
  model: z.string().meta({ format: 'binary' }).describe('The ONNX file; the last part.'),
});

/** What is to be agreed to and signed. */
export const submissionTerms = z
  .strictObject({
    text: z.string(),
    sha256: hex32.describe('Of the UTF-8 of the text; it is signed as termsSha256.'),
    chainId: z.number().int().min(1).describe('Of the EIP-712 domain {name: "Touchstone", version: "1"}.'),
    revenueShareBpsMax: z.number().int().min(0).max(BASIS_POINTS),
    submissionsPerDay: z.number().int().min(1),
    modelBytesMax: z.number().int(),
  })
  .meta({ id: 'SubmissionTerms' });
export type SubmissionTerms = z.infer<typeof submissionTerms>;

const history = z.array(
  z.strictObject({
    at: timestampMs,
    by: z.string().describe('The address of the developer, operator, or validation.'),
    from: z.string().nullable(),
    to: z.string(),
    reason: z.string().nullable(),
  }),
);

const signing = z.strictObject({
  publicKeySha256: hex32.describe('Of the SubjectPublicKeyInfo in DER.'),
  bundleSha256: hex32.describe('Of the bundle as it was sent.'),
});

const submissionSummaryShape = {
  id: uuidV7,
  state: z.enum(submissionStates),
  reason: z.string().nullable().describe('Why it was refused or rejected.'),
  developer: evmAddress,
  name: slug,
  version: z.string(),
  modelSha256: hex32,
  sizeBytes: z.number().int(),
  submittedAt: timestampMs,
  modelId: slug.nullable().describe('Under which the model is asked, once it is approved.'),
};

export const submissionSummary = z.strictObject(submissionSummaryShape).meta({ id: 'SubmissionSummary' });
export type SubmissionSummary = z.infer<typeof submissionSummary>;

/** A submission with everything that is known about it, for its developer and the operator. */
export const submissionAnswer = z
  .strictObject({
    ...submissionSummaryShape,
    modelSha3: hex32.describe('SHA3-256 of the file.'),
    manifest: submissionManifest,
    manifestSha256: hex32,
    testCasesSha256: hex32,
    termsSha256: hex32,
    deadline: z.number().int(),
    signature: typedDataSignature,
    modelSigning: signing.nullable(),
    history,
  })
  .meta({ id: 'Submission' });
export type SubmissionAnswer = z.infer<typeof submissionAnswer>;

/** Most submissions on one page. */
export const SUBMISSIONS_PAGE_MAX = 100;
const SUBMISSIONS_PAGE_DEFAULT = 20;

export const submissionsQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(SUBMISSIONS_PAGE_MAX).default(SUBMISSIONS_PAGE_DEFAULT),
  cursor: uuidV7.optional(),
  state: z.enum(submissionStates).optional(),
});
export type SubmissionsQuery = z.output<typeof submissionsQuery>;

export const submissionPage = z.strictObject({
  submissions: z.array(submissionSummary),
  nextCursor: uuidV7.nullable(),
});
export type SubmissionPage = z.infer<typeof submissionPage>;

const REASON_CHARACTERS = 1_000;

/** Why an operator decides something. */
export const statedReason = z.strictObject({ reason: visibleText(REASON_CHARACTERS) });
export type StatedReason = z.infer<typeof statedReason>;

/** An approval says nothing but that. */
export const approval = z.strictObject({ reason: visibleText(REASON_CHARACTERS).optional() });
export type Approval = z.infer<typeof approval>;

/** What became of a model version, the newest first. */
export const modelHistory = z
  .strictObject({ modelId: slug, modelVersionId: hex32, status: z.enum(modelStatuses), history })
  .meta({ id: 'ModelHistory' });
export type ModelHistory = z.infer<typeof modelHistory>;
