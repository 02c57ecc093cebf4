export { databaseOptionsOf, type Migrations } from './database.js';
export {
  defineService,
  type DatabaseCommand,
  type DefinedService,
  type OwnService,
  type ServiceParts,
} from './define-service.js';
export { HEARTBEAT_INTERVAL_MS, type HubAnswer } from './heartbeat/heartbeat.js';
export { buildId, type OwnHeartbeat } from './heartbeat/report-service.js';
export { placeInMesh, type PlaceInMesh } from './place-in-mesh.js';
export type { ServiceSchema, SharedConfig } from './shared-config.js';
export { VERSION } from './version.js';
