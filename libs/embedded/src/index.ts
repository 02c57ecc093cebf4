export { freePort, isPortFree } from './process/ports.js';
export {
  isRunning,
  ownIdentity,
  processStartTime,
  readIdentity,
  type ProcessIdentity,
} from './process/identity.js';
export { startGuardedProcess, type GuardedProcess } from './process/guarded-process.js';
export { unpackPackagedProgram, type PackagedProgram } from './process/debian-package.js';
export { postgresAccount } from './postgres/account.js';
export { startPostgres, type PostgresOptions, type RunningPostgres } from './postgres/start-postgres.js';
export { cacheFolder } from './nats/cache-folder.js';
export { locateNatsServer } from './nats/locate-nats-server.js';
export { startNats, type NatsOptions, type RunningNats } from './nats/start-nats.js';
export type { NatsAccount, NatsUser } from './nats/configuration.js';
export { EXTERNAL_NATS, readNatsUrl } from './nats/external-nats.js';
export { DEVELOPMENT_CHAIN_ID, developmentNetwork, developmentToken } from './evm/development-chain.js';
export { startAnvil, type AnvilOptions, type RunningAnvil } from './evm/start-anvil.js';
export { findOpenssl, type OpensslBinary } from './tsa/find-openssl.js';
export { DEVELOPMENT_TSA_NETWORK, startTsa, type RunningTsa, type TsaOptions } from './tsa/start-tsa.js';
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
export { MESH_NODES_MAX, natsUsersFile, natsUserTemplates, passwordVariable } from './nats/user-file.js';
export {
  deployDevelopmentChain,
  type DevelopmentContracts,
  type FundedAddresses,
} from './evm/deploy-development-chain.js';
export { doctor, type DoctorCheck } from './doctor.js';
export { silentProgress, terminalProgress, type Progress } from './progress.js';
export {
  anchorTargets,
  serviceEnvironment,
  serviceSecrets,
  STACK_NODE,
  type ServiceContext,
} from './services/service-environment.js';
export type { ServicePlan } from './services/service-process.js';
export { Supervisor, type SupervisorOptions } from './services/supervisor.js';
export { acquireLock, lockedSince, lockHolder } from './state/lock.js';
export {
  randomSecret,
  secp256k1Key,
  SecretStore,
  type SecretMaker,
  type SecretPlan,
} from './state/secrets.js';
export {
  readStack,
  type ChainDescription,
  type ServicePorts,
  type StackDescription,
  type TsaDescription,
} from './state/stack-file.js';
export { stackLayout, type StackLayout } from './stack/layout.js';
export {
  startStack,
  type RunningStack,
  type ServiceSettings,
  type StackOptions,
} from './stack/start-stack.js';
export { resetState, stopRunning } from './stack/stop-and-reset.js';
export type { StackSecrets } from './stack/stack-secrets.js';
