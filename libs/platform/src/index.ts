export { BUILD_INFO, hashDeployedCode, type BuildInfo } from './build-info.js';
export { CLOCK, systemClock, type Clock } from './clock.js';
export {
  describeConfig,
  printConfig,
  REDACTED,
  withoutCredentials,
  type ConfigKeyDescription,
} from './config/describe-config.js';
export { CORS_ORIGINS_MAX, corsKeys } from './config/cors-keys.js';
export {
  databaseKeys,
  DRAIN_SECONDS_MAX,
  logLevels,
  natsKeys,
  serviceKeys,
  SHUTDOWN_TIMEOUT_DEFAULT_MS,
  type ServiceConfig,
} from './config/fragments.js';
export {
  CONFIG_INVALID_EXIT_CODE,
  launcherNames,
  loadConfig,
  type LoadConfigOptions,
} from './config/load-config.js';
export { secret } from './config/metadata.js';
export { booleanKey, integerKey, portKey } from './config/values.js';
export { decodeErrorDetails, encodeErrorDetails, type ErrorInfo } from './grpc/error-details.js';
export { BoundGrpcServer, GRPC_MESSAGE_BYTES_DEFAULT_MAX } from './grpc/grpc-server.js';
export { ERROR_DOMAIN, grpcStatusOf, toGrpcError, type GrpcError } from './grpc/grpc-status.js';
export { serveGrpc, type GrpcOptions } from './grpc/serve-grpc.js';
export {
  HEALTH,
  HealthRegistry,
  READINESS_TIMEOUT_DEFAULT_MS,
  type ReadinessCheck,
} from './health/health-registry.js';
export { startHealthServer, type HealthServer, type HealthServerOptions } from './health/health-server.js';
export { BearerGuard, callerOf, type Callers } from './http/bearer-guard.js';
export { BEARER_TOKEN_CHARACTERS_MAX, BearerTokens, callerTokens } from './http/bearer-tokens.js';
export { ANY_ORIGIN, CORS_PREFLIGHT_AGE_SECONDS_MAX } from './http/cors.js';
export { readJsonBody, type BodyOptions } from './http/json-body.js';
export {
  BODY_BYTES_DEFAULT_MAX,
  BODY_DEPTH_MAX,
  CONNECTIONS_MAX,
  HEADER_BYTES_MAX,
  HEADER_FIELDS_MAX,
  HEADERS_TIMEOUT_MS,
  KEEP_ALIVE_TIMEOUT_MS,
  REQUEST_TARGET_CHARACTERS_MAX,
  REQUEST_TIMEOUT_MS,
} from './http/limits.js';
export { createLimitedServer, type ServerLimits } from './http/limited-server.js';
export { ProblemFilter } from './http/problem-filter.js';
export { readRawBody } from './http/read-body.js';
export { type HttpRequest } from './http/request.js';
export { collectRoutes, type ControllerClass, type Route } from './http/routes.js';
export { sendProblem } from './http/send-problem.js';
export { validate, type RequestPart } from './http/validate.js';
export { RawBodyBytes, ZodBody, ZodParam, ZodQuery } from './http/zod-parameters.js';
export {
  Shutdown,
  SHUTDOWN,
  shutdownPhases,
  type ShutdownPhase,
  type ShutdownStep,
} from './lifecycle/shutdown.js';
export { exitOnSignals, type ProcessHost } from './lifecycle/signals.js';
export { createLogger, LOGGER, silentLogger, type Logger, type LoggerOptions } from './logging/logger.js';
export { NestLogger } from './logging/nest-logger.js';
export { redact } from './logging/redact.js';
export { Counter, createMetrics, Gauge, Histogram, METRICS, Registry } from './metrics/metrics.js';
export { ApiRoute, type ApiResponse, type ApiRouteOptions } from './openapi/api-route.js';
export { buildOpenApi, writeOpenApi, type OpenApiDocument, type OpenApiInfo } from './openapi/document.js';
export { createHttpApp, type HttpApp } from './service/create-http-app.js';
export {
  EVENT_BUS,
  PUBLISH_EVENT,
  type BusInterruptions,
  type EventBus,
  type EventReceipt,
  type PublishEvent,
  type StoredEvent,
} from './service/publish-event.js';
export { provide, token, type Token } from './service/provide.js';
export { PlatformModule } from './service/platform-module.js';
export { runService, USAGE_EXIT_CODE, type ServiceProcess } from './service/run-service.js';
export { CONFIG, SERVICE_CONTEXT, type ServiceContext } from './service/service-context.js';
export {
  type CommandContext,
  type ServiceCommand,
  type ServiceDefinition,
} from './service/service-definition.js';
export { createContext, startService, type RunningService } from './service/start-service.js';
export { currentSpanContext, FOLLOWED_TRACES_MAX, FollowedTraces } from './tracing/followed-traces.js';
export {
  currentTraceId,
  injectTrace,
  isTraceExported,
  remoteContext,
  runWithLinkedTraces,
  runWithRemoteTrace,
  SPAN_LINKS_MAX,
  startServerSpan,
  startTracing,
  withSpan,
  type SpanRole,
  type Tracing,
  type TracingOptions,
} from './tracing/tracing.js';
