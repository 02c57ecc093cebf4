export { BODY_BYTES_IN_FLIGHT_DEFAULT_MAX, bodyKeys } from '../config/body-keys.js';
export {
  describeConfig,
  printConfig,
  REDACTED,
  withoutCredentials,
  type ConfigKeyDescription,
} from '../config/describe-config.js';
export { describeJsonObjects, type JsonObjectDescription } from '../config/describe-json-objects.js';
export { CORS_ORIGINS_MAX, corsKeys } from '../config/cors-keys.js';
export {
  databaseKeys,
  DRAIN_SECONDS_MAX,
  grpcTlsKeys,
  logLevels,
  natsKeys,
  NODE_DEFAULT,
  nodeKeys,
  serviceKeys,
  SHUTDOWN_TIMEOUT_DEFAULT_MS,
  type GrpcTlsConfig,
  type ServiceConfig,
} from '../config/fragments.js';
export { integerMember, jsonKey } from '../config/json-key.js';
export {
  CONFIG_INVALID_EXIT_CODE,
  launcherNames,
  loadConfig,
  type LoadConfigOptions,
} from '../config/load-config.js';
export { RATE_PER_MINUTE_DEFAULT_MAX, rateKeys, TRUSTED_PROXIES_MAX } from '../rates/rate-keys.js';
export { secret } from '../config/metadata.js';
export { booleanKey, integerKey, portKey } from '../config/values.js';
