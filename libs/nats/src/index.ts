export { MESH, MESH_METRICS, MeshModule, type MeshModuleOptions } from './mesh-module.js';
export { connectMesh, type ConnectMeshOptions, type Mesh, type MeshStatus } from './connection.js';
export { listAdvisories, type Advisory, type AdvisoryPage } from './jetstream/advisories.js';
export { assertProvisioned, type ProvisionedNames } from './jetstream/assert-provisioned.js';
export { Consumers, type ConsumersOptions } from './jetstream/consumers.js';
export { consumeDurable, type ConsumeDurableOptions } from './jetstream/consume-durable.js';
export { consumeDurableBatch, type ConsumeDurableBatchOptions } from './jetstream/consume-durable-batch.js';
export type { ConsumeOptions, RunningConsumer } from './jetstream/consume-options.js';
export type { DeadLetterNotice } from './jetstream/dead-letter-copy.js';
export {
  DEAD_LETTER_PAGE_MAX,
  deadLetterState,
  listDeadLetters,
  replayDeadLetter,
  showDeadLetter,
  type DeadLetter,
  type DeadLetterPage,
  type DeadLetterState,
  type DeadLetterWithBody,
} from './jetstream/dead-letters.js';
export type { EventMessage } from './jetstream/event-message.js';
export {
  EventPublisher,
  type EventPublisherOptions,
  type PublishOptions,
  type PublishReceipt,
} from './jetstream/event-publisher.js';
export { OUTBOX_LETTERS, OutboxBus } from './jetstream/outbox-bus.js';
export { OUTAGE_RETRY_DELAYS_MS } from './jetstream/outage.js';
export { provision, type ProvisionReport } from './jetstream/provision.js';
export { readQueues, type QueueFigures } from './jetstream/queues.js';
export { REDELIVERY_DELAYS_MS } from './jetstream/settlement.js';
export {
  ACK_PENDING_MAX,
  ACK_WAIT_MS,
  DELIVERIES_MAX,
  type ProvisionOptions,
} from './jetstream/stream-config.js';
export { MESSAGE_BYTES_MAX } from './json-body.js';
export { createMeshMetrics } from './mesh-metrics.js';
export {
  logsDetails,
  type MeshLogger,
  type MeshMetrics,
  type MeshTracing,
  noMetrics,
  processTracing,
  traceIdsOf,
} from './observer.js';
export { provisionConfig, runProvision } from './provision-command.js';
export { serveMesh, type MeshLimits } from './serve-mesh.js';
export { NatsMicroServer, RPC_CONCURRENCY_MAX, type NatsMicroServerOptions } from './rpc/micro-server.js';
export { RpcClient, RPC_TIMEOUT_MS, type RpcClientOptions } from './rpc/rpc-client.js';
export { RpcHandler, type RpcContext, type RpcHandlerMethod } from './rpc/rpc-handler.js';
