export { freePort, isPortFree } from './process/ports.js';
export {
  isRunning,
  ownIdentity,
  processStartTime,
  readIdentity,
  type ProcessIdentity,
} from './process/identity.js';
export { startPostgres, type PostgresOptions, type RunningPostgres } from './postgres/start-postgres.js';
export { startNats, type NatsOptions, type RunningNats } from './nats/start-nats.js';
export type { NatsAccount, NatsUser } from './nats/configuration.js';
export { startAnvil, type AnvilOptions, type RunningAnvil } from './evm/start-anvil.js';
export { callRpc } from './evm/json-rpc.js';
export { watchAndMine } from './evm/watch-and-mine.js';
export {
  DATABASE_NAME,
  ensureDatabase,
  ensureServiceRoles,
  ensureServiceSchemas,
  restrictDatabase,
  serviceDatabaseUrl,
} from './postgres/databases.js';
