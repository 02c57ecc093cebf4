export {
  buildBundle,
  buildEventBundle,
  bundleText,
  type BundleParts,
  type EventBundleParts,
} from './bundle/build.js';
export {
  ANCHORS_MAX,
  bundleSchemaFor,
  EVIDENCE_BYTES_MAX,
  EVIDENCE_MEDIA_TYPE,
  eventBatchProof,
  eventBundle,
  evidenceBundle,
  inclusionProof,
  isEventBundle,
  LOG_PROOFS_MAX,
  outputBundle,
  subjectKinds,
  type Anchor,
  type EventBatchProof,
  type EventBundle,
  type EvidenceBundle,
  type InclusionProof,
  type LogProof,
  type OutputBundle,
  type SubjectKind,
} from './bundle/schema.js';
export {
  batchEntry,
  batchEntryText,
  LOG_ENTRY_BYTES_MAX,
  parseBatchEntry,
  type BatchEntry,
} from './log/batch-entry.js';
export {
  anchoredCommitment,
  committedText,
  openWithKeys,
  readCheckpoint,
  type OpenedCheckpoint,
} from './log/checkpoint.js';
export { capabilityHash } from './output/capability-hash.js';
export { commitmentHash, contextNonce, modelVersionIdOf, requestDigest } from './output/context.js';
export {
  DEFAULT_SIGNING_DOMAIN,
  outputDigest,
  outputLeaf,
  payloadText,
  SIGNING_DOMAIN_PATTERN,
} from './output/payload.js';
export { elementBytes, type FixedDatatype } from './tensor/elements.js';
export {
  decodeTensor,
  elementCount,
  encodeTensor,
  fromRaw,
  rawContents,
  splitBytes,
  TENSOR_DIMENSION_MAX,
  TENSOR_ELEMENTS_MAX,
  tensorsHash,
  type JsonTensor,
  type TensorError,
  type TensorResult,
} from './tensor/tensor.js';
export { prepareTrust, type PreparedTrust } from './trust/prepared-trust.js';
export { readTrustFile } from './trust/read.js';
export {
  TRUST_BYTES_MAX,
  trustFile,
  TSA_ROOTS_MAX,
  type TrustedChain,
  type TrustedTsa,
  type TrustFile,
} from './trust/schema.js';
export { statementRefusal, type ProvenSubject } from './zk/refusal.js';
export { bindSignal, circuitDigest, descriptorHash, provenTensors, signalsOf } from './zk/statement.js';
export { explainReport, stepMeaning } from './verify/explain.js';
export {
  labels,
  requirableLabels,
  satisfies,
  stepsForLabel,
  type Label,
  type RequirableLabel,
} from './verify/label.js';
export { CONTAINS_FALSE_PART } from './verify/remarks.js';
export { stepNames, type Step, type StepName, type StepStatus } from './verify/step.js';
export { BLOCK_UNCERTAINTY_MS } from './anchors/evm.js';
export { anchorWords } from './anchors/index.js';
export type { AnchorWords } from './anchors/kind.js';
export { WITNESS_UNCERTAINTY_MS } from './verify/trusted-time.js';
export { verifyEvidence, type VerificationReport, type VerifyOptions } from './verify/verify-evidence.js';
export type { ReportedEvent, ReportedOutput, ReportedSubject } from './verify/subjects/reported.js';
