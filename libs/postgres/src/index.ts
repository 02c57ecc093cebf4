export { fromBytea, toBytea } from './bytea.js';
export {
  createDataSource,
  MIGRATIONS_TABLE,
  POOL_DEFAULT_MAX,
  STATEMENT_TIMEOUT_DEFAULT_MS,
  type PostgresOptions,
} from './data-source.js';
export { withDatabase } from './database-errors.js';
export { distinctValuesSql } from './distinct-values.js';
export { LOCK_CLASSES, lockInTransaction, runExclusively, type LockClass } from './locks.js';
export { migrateCommand } from './migrate-command.js';
export { assertMigrated, runMigrations, type ContractMigration, type MigrationPhase } from './migrations.js';
export {
  OUTBOX_RETENTION_DEFAULT_MS,
  OutboxRelay,
  RELAY_BATCH_MAX,
  RELAY_PIPELINE_DEFAULT_MAX,
  RELAY_POLL_MS,
  type OutboxRelayOptions,
} from './outbox/outbox-relay.js';
export {
  Outbox,
  OUTBOX_PAYLOAD_BYTES_MAX,
  type AppendOptions,
  type OutboxEvent,
  type OutboxWaker,
} from './outbox/outbox.js';
export { readSelection } from './outbox/republish-arguments.js';
export { republish, REPUBLISH_STEP_ROWS_MAX, type RepublishSelection } from './outbox/republish.js';
export { dropInbox } from './outbox/drop-inbox.js';
export { RememberSequences1785710000000 } from './outbox/remember-sequences.js';
export { outboxTables, type MigrationSql } from './outbox/tables.js';
export { OutboxModule } from './outbox-module.js';
export { PostgresModule } from './postgres-module.js';
export { republishCommand } from './republish-command.js';
export {
  ANSWER_GRACE_MS,
  CONNECT_TIMEOUT_MS,
  IDLE_IN_TRANSACTION_TIMEOUT_MS,
  KEEPALIVE_IDLE_SECONDS,
  KEEPALIVE_INTERVAL_SECONDS,
  KEEPALIVE_PROBES_MAX,
  LOST_PEER_SECONDS,
} from './sessions.js';
export { timeOfUuidV7, uuidV7 } from './uuid-v7.js';
