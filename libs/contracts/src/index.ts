export { errorRegistry, type ErrorCode } from './error-registry.js';
export {
  anchorKinds,
  anchorProof,
  anchorWith,
  provenAnchor,
  type AnchorKind,
  type AnchorOf,
  type AnchorProof,
  type ProvenAnchor,
} from './anchors/index.js';
export {
  ANCHOR_CONTRACTS_MAX,
  anchorContracts,
  EVM_PROOF_NODES_MAX,
  evmAnchorProof,
  evmStateProof,
  type EvmAnchorProofMessage,
  type EvmStateProof,
} from './anchors/evm.js';
export {
  DER_BYTES_MAX,
  derText,
  rfc3161Proof,
  TOKEN_ATTACHMENTS_MAX,
  tsaNetwork,
  type Rfc3161Proof,
} from './anchors/rfc3161.js';
export {
  AppError,
  fromProblem,
  toProblem,
  type AppErrorOptions,
  type ErrorDetail,
  type Problem,
} from './errors.js';
export { FINDINGS_MAX, findingsOf, jsonPointer, type SchemaError } from './findings.js';
export {
  durables,
  events,
  durablesOf,
  LARGEST_EVENT_BYTES,
  EVENT_HEADER_BYTES_MAX,
  replayDurable,
  streamKeeping,
  UNREAD_STREAM_AGE_MS,
  type StreamKeeping,
  streams,
  type Durable,
  type DurableName,
  type EventSubject,
  type StreamName,
} from './mesh/events.js';
export {
  inboxPrefix,
  meshUsers,
  operatorPermissions,
  permissionTemplate,
  provisionerPermissions,
  servicePermissions,
  type NatsPermissions,
} from './mesh/permissions.js';
export { rpcListenSubject, rpcSubject, rpcTable, type RpcService, type RpcVerb } from './mesh/rpc-table.js';
export { serviceNames, services, type ServiceName } from './mesh/services.js';
export {
  callerText,
  hasNodeUsers,
  mayReportNode,
  meshCaller,
  meshIdentity,
  NODE_NAME_CHARACTERS_MAX,
  nodeName,
  nodeServices,
  reportedNodeId,
  type MeshCaller,
  type MeshIdentity,
  type MeshUser,
  type NodeService,
} from './mesh/users.js';
export { shortText } from './short-text.js';
export { visibleText, withoutInvisible } from './visible-text.js';
export {
  anchorFinal,
  anchorLevels,
  anchorStates,
  BATCH_LEAVES_MAX,
  batchSealed,
  checkpointPublished,
  entryAppended,
  LOG_INDEX_MAX,
  PATH_HASHES_MAX,
  type AnchorFinal,
  type AnchorLevel,
  type AnchorState,
  type BatchSealed,
  type CheckpointPublished,
  type EntryAppended,
  anchorStuck,
  STUCK_REASON_CHARACTERS_MAX,
  type AnchorStuck,
} from './messages/anchor.js';
export {
  attestation,
  auditEvents,
  blockReasons,
  judgedStatuses,
  RUNTIME_MEMBERS_MAX,
  healthValues,
  heartbeat,
  heartbeatSignature,
  nodeChanged,
  nodeId,
  nodeNonce,
  nodeSignature,
  nodeStatuses,
  zoneModes,
  zoneName,
  zoneRules,
  type Attestation,
  type AuditEvent,
  type BlockReason,
  type Heartbeat,
  type HeartbeatSignature,
  type JudgedStatus,
  type NodeChanged,
  type NodeStatus,
  type ZoneMode,
  type ZoneRule,
} from './messages/attestation.js';
export {
  BATCH_SIGNATURE_CHARACTERS_MAX,
  batchSigned,
  eventBatchFormats,
  signedBatch,
  tenantId,
  type BatchSigned,
  type EventBatchFormat,
  type SignedBatch,
} from './messages/event-batch.js';
export {
  commitmentPublished,
  outputRecorded,
  TENSORS_IN_MESSAGE_BYTES_MAX,
  type CommitmentPublished,
  type OutputRecorded,
} from './messages/inference.js';
export {
  transferFailed,
  transferSettled,
  type TransferFailed,
  type TransferSettled,
} from './messages/payment.js';
export { executionProved, type ExecutionProved } from './messages/proving.js';
export { eventSchemas, type EventBody } from './messages/schemas-by-subject.js';
export { keySetChanged, type KeySetChanged } from './messages/signing.js';
export { nodeStanding, reportHeartbeat, STANDING_NODES_MAX } from './rpc/attestation.js';
export {
  authorizePayment,
  chargedStates,
  releasePayment,
  renewPayment,
  settlePayment,
  supportedPayments,
  TOKEN_TEXT_CHARACTERS_MAX,
  type PaymentAsset,
  type Charged,
} from './rpc/payment.js';
export { rpcSchemas, type RpcRequest, type RpcResponse } from './rpc/schemas-by-verb.js';
export {
  BATCH_EVENTS_BYTES_MAX,
  CONSISTENCY_PROOF_HASHES_MAX,
  eip1559Transaction,
  keySetQuery,
  SIGN_OUTPUTS_MAX,
  signBatch,
  signCheckpoint,
  signOutput,
  signOutputs,
  signTransaction,
} from './rpc/signer.js';
export { jsonValue } from './schemas/json-value.js';
export {
  keySet,
  keystoreEntry,
  keyStatuses,
  keyUses,
  type KeySet,
  type KeystoreEntry,
  type KeyStatus,
  type KeyUse,
} from './schemas/keys.js';
export {
  accuracyWith,
  MODEL_LABELS_MAX,
  MODEL_TENSORS_MAX,
  modelFileName,
  modelStatuses,
  preprocessSpec,
  storedText,
  tensorSpec,
  tensorSpecsWith,
  type ModelDatatype,
  type ModelStatus,
  type TensorSpec,
  type TextRule,
  type VerificationState,
} from './schemas/model.js';
export {
  authorizationPayment,
  canonicalTensor,
  modelCommitment,
  modelIdentity,
  nodeContext,
  outputContext,
  outputPayload,
  outputProof,
  paymentReference,
  requestParts,
  TENSOR_RANK_MAX,
  tensorDatatypes,
  transferPayment,
  type AuthorizationPayment,
  type CanonicalTensor,
  type ModelCommitment,
  type ModelIdentity,
  type NodeContext,
  type OutputContext,
  type OutputPayload,
  type OutputProof,
  type PaymentReference,
  type RequestParts,
  type TensorDatatype,
} from './schemas/output.js';
export {
  caip2,
  decimal,
  evmAddress,
  evmNetwork,
  hex32,
  hexBytes,
  hexData,
  keyId,
  objectCid,
  slug,
  timestampMs,
  unixSeconds,
  uuidV7,
} from './schemas/primitives.js';
export { readRfc3339, readUtcTime, statedUtcTime, TIME_FRACTION_DIGITS_MAX } from './schemas/times.js';
