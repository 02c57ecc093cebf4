export {
  verifyEvmAnchor,
  type EvmAnchorCheck,
  type EvmAnchorFailure,
  type EvmAnchorInput,
  type EvmAnchorSuccess,
} from './evm/anchor.js';
export { parseEvmAnchorProof, type EvmAnchorProof, type EvmAnchorProofBytes } from './evm/anchor-proof.js';
export { anchorKey, anchorStorageSlot } from './evm/anchor-slot.js';
export { EVM_HEADER_BYTES_MAX, EVM_HEADER_FIELDS_MAX, parseEvmHeader, type EvmHeader } from './evm/header.js';
export { decodeRlp, encodeRlp, RLP_BYTES_MAX, RLP_DEPTH_MAX, type RlpItem } from './evm/rlp.js';
export { evmAnchorProofFromRpc } from './evm/rpc.js';
export { encodeHeaderFromRpc } from './evm/rpc-header.js';
export type { EvmRpcFailure } from './evm/rpc-value.js';
export {
  EMPTY_TRIE_ROOT,
  TRIE_KEY_BYTES_MAX,
  TRIE_NODE_BYTES_MAX,
  TRIE_PROOF_NODES_MAX,
  verifyTrieProof,
  type TrieProofFailure,
  type TrieProofResult,
} from './evm/trie-proof.js';
export { PSS_SALT_BYTES_MAX } from './rfc3161/algorithms.js';
export { readCertificate, type Certificate } from './rfc3161/certificate.js';
export { DER_DEPTH_MAX, readDer, type DerValue } from './rfc3161/der.js';
export { NONCE_BYTES, readTimeStampReply, timeStampQuery, type TimeStampReply } from './rfc3161/exchange.js';
export { OID_BYTES_MAX } from './rfc3161/der-members.js';
export {
  KNOWN_CERTIFICATES_MAX,
  KNOWN_REVOCATION_DATA_MAX,
  PATH_CANDIDATES_MAX,
  PATH_CERTIFICATES_MAX,
} from './rfc3161/paths.js';
export {
  TOKEN_ACCURACY_DEFAULT_MS,
  TokenVerifier,
  type Rfc3161Check,
  type Rfc3161Failure,
  type Rfc3161Input,
  type Rfc3161Success,
  type TimeStampAuthority,
} from './rfc3161/verify-token.js';
