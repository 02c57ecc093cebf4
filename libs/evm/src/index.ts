export { ADVANCE_ROWS_MAX, OUTPRICED_BLOCKS } from './lane/advance-transactions.js';
export { chooseFees, gasLimit, raiseFees, type FeeMarket, type Fees } from './lane/fees.js';
export { FOLLOW_BLOCKS_MAX, FOLLOW_ROWS_MAX } from './lane/follow-transactions.js';
export type {
  ChainHead,
  Intent,
  LaneChain,
  LaneSigner,
  LaneStore,
  Prepared,
  SendOutcome,
  Signing,
  UnsignedTransaction,
} from './lane/lane-ports.js';
export {
  laneStates,
  newestAttempt,
  type Attempt,
  type BlockReference,
  type Call,
  type LaneState,
  type LaneTransaction,
  type Placement,
} from './lane/lane-transaction.js';
export { BALANCE_CACHE_MS } from './lane/sign-attempts.js';
export {
  LANE_INTENTS_MAX,
  TransactionLane,
  type LaneEvent,
  type LaneParts,
  type Outcome,
} from './lane/transaction-lane.js';
export { evmChainId } from './node/chain-id.js';
export { EvmLaneChain } from './node/evm-lane-chain.js';
export { EvmNode, FINAL_DEPTH_BLOCKS, HEAD_CACHE_MS, type BlockTag, type Head } from './node/evm-node.js';
export { httpTransport, NODE_ANSWER_BYTES_MAX, NODE_CONNECTIONS_MAX } from './node/http-transport.js';
export {
  isUnanswered,
  NODE_REASON_CHARACTERS_MAX,
  nodeRefused,
  nodeUnavailable,
  reasonOf,
} from './node/node-errors.js';
export {
  readRpc,
  rpcBlock,
  rpcCost,
  rpcData,
  rpcQuantity,
  rpcReceipt,
  type RpcBlock,
} from './node/rpc-values.js';
export { hexParameter, LANE_COLUMNS, toLaneTransaction, type LaneRow } from './persistence/lane-rows.js';
export { laneTables } from './persistence/lane-tables.js';
export type { LaneOwner, LaneStoreOptions, SignedFor } from './persistence/lane-owner.js';
export { LANE_LOCK_TIMEOUT_MS, PostgresLaneStore } from './persistence/postgres-lane-store.js';
export { RpcLaneSigner, SIGNER_TIMEOUT_MS } from './signer/rpc-lane-signer.js';
