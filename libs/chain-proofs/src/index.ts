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
