export { appendToProof, checkExtends, checkProof, requireListed } from './append-only.js';
export { BatchError, batchReasons, type BatchReason } from './batch-error.js';
export { type BatchNote, formatNoteBody, noteHash, NO_TENANT, readBatchNote } from './batch-note.js';
export {
  batchMessage,
  batchSignatureHash,
  batchTimeMs,
  type BatchKeys,
  type BatchSigner,
  keyTimeReasons,
  requireKey,
  type SignedBatch,
  verifyBatchSignature,
  type VerifyingKey,
} from './batch-signature.js';
export {
  type BatchHead,
  type ProofEntry,
  proofText,
  readProof,
  readSignatureDocument,
  type SignatureDocument,
  signatureText,
} from './documents.js';
export { EventCollector, type EventTexts, MemoryEventTexts, type SealedEvents } from './event-collector.js';
export { eventLeaf, leafInTree, rootOfLeaves } from './event-leaf.js';
export { EventFileReader, type EventFileShape } from './event-file-reader.js';
export {
  batchStamp,
  batchTimeOfStamp,
  type EventBatchFormat,
  eventBatchFormats,
  formatBatchTime,
  formatOfBatchTime,
  formatRules,
  readBatchTime,
} from './format.js';
export {
  BATCH_EVENTS_MAX,
  BATCH_HEAD_CHARACTERS_MAX,
  EVENT_BYTES_MAX,
  EVENT_DEPTH_MAX,
  EVENT_ID_BYTES_MAX,
  KEYSTORE_FILE_BYTES_MAX,
  PROOF_ENTRIES_MAX,
  PROOF_FILE_BYTES_MAX,
  SALT_CHARACTERS_MIN,
  SIGNATURE_FILE_BYTES_MAX,
} from './limits.js';
export { type CanonicalEvent, readEvent, readParsedEvent } from './read-event.js';
export { batchFile, type BatchSigning, signBatch } from './sign-batch.js';
export { type BatchFiles, type BatchVerification, verifyBatch } from './verify-batch.js';
