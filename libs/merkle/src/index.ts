export {
  type Checkpoint,
  CHECKPOINT_EXTENSIONS_MAX,
  formatCheckpointText,
  parseCheckpointText,
} from './checkpoint.js';
export { CompactRange } from './compact-range.js';
export { cosignatureSigner, cosignatureTimestamp, cosignatureVerifier } from './cosignature.js';
export {
  ed25519NoteSigner,
  ed25519NoteVerifier,
  type Ed25519Sign,
  type Ed25519Verify,
} from './ed25519-note.js';
export {
  buildEventBatchTree,
  EVENT_LENGTH_REFUSED,
  type EventBatchTree,
  eventLeafHash,
  eventNodeHash,
} from './event-batch-tree.js';
export { type LogNode, type NodeId, rangeNodes } from './log-nodes.js';
export { consistencyNodes, inclusionNodes, type NodePlan, rootNodes } from './log-proofs.js';
export { MerkleError, type MerkleReason, type MerkleVerification } from './merkle-error.js';
export { NoteError, type NoteReason, type NoteRefusal } from './note-error.js';
export {
  formatVerifierKey,
  isKeyName,
  KEY_NAME_LENGTH_MAX,
  type NoteAlgorithm,
  noteKey,
  type NoteKey,
  type NoteKeyId,
  parseVerifierKey,
} from './note-key.js';
export { cosignNote, type NoteSigner, signNote } from './note-signing.js';
export {
  type JudgedSignatures,
  judgeSignatures,
  type NoteVerifier,
  type VerifiedNote,
  verifyNote,
} from './note-verification.js';
export {
  type PositionedHash,
  type PositionedProof,
  toPositionedPath,
  verifyPositionedPath,
} from './positioned-path.js';
export {
  buildTree,
  consistencyProof,
  inclusionPath,
  merkleRoot,
  merkleRootOfData,
  type MerkleTree,
} from './rfc9162-tree.js';
export { eventBatchRoot, rfc9162Root, RootAccumulator } from './root-accumulator.js';
export {
  checkpointCommitments,
  committedTexts,
  openCheckpoint,
  type VerifiedCheckpoint,
  type WrittenCheckpoint,
} from './signed-checkpoint.js';
export {
  formatNote,
  NOTE_BYTES_MAX,
  NOTE_SIGNATURES_MAX,
  type NoteSignature,
  parseNote,
  type SignedNote,
} from './signed-note.js';
export { emptyRoot, HASH_BYTES, leafHash, leafHashOfText, nodeHash } from './tree-hash.js';
export { pathSides, type Side, TREE_SIZE_MAX } from './tree-shape.js';
export { type ConsistencyProof, verifyConsistency } from './verify-consistency.js';
export { type EventBatchProof, verifyEventBatchPath } from './verify-event-batch.js';
export { type InclusionProof, verifyInclusion } from './verify-inclusion.js';
