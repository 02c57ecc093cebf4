export { awaitDependency, DEPENDENCY_RETRY_MS, type StartParts } from '../lifecycle/await-dependency.js';
export { startHealthServer, type HealthServer, type HealthServerOptions } from '../health/health-server.js';
export {
  Shutdown,
  SHUTDOWN,
  shutdownPhases,
  type ShutdownPhase,
  type ShutdownStep,
} from '../lifecycle/shutdown.js';
export { exitOnSignals, type ProcessHost } from '../lifecycle/signals.js';
export { createHttpApp, type HttpApp } from '../service/create-http-app.js';
export { PlatformModule } from '../service/platform-module.js';
export { runService, USAGE_EXIT_CODE, type ServiceProcess } from '../service/run-service.js';
export {
  type CommandContext,
  type ServiceCommand,
  type ServiceDefinition,
} from '../service/service-definition.js';
export { createContext, startService, type RunningService } from '../service/start-service.js';
