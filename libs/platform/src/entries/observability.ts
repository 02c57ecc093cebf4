export {
  HEALTH,
  HealthRegistry,
  READINESS_TIMEOUT_DEFAULT_MS,
  type ReadinessCheck,
} from '../health/health-registry.js';
export { failureFields } from '../logging/failure-fields.js';
export { createLogger, LOGGER, silentLogger, type Logger, type LoggerOptions } from '../logging/logger.js';
export { NestLogger } from '../logging/nest-logger.js';
export { redact } from '../logging/redact.js';
export { Counter, createMetrics, Gauge, Histogram, METRICS, Registry } from '../metrics/metrics.js';
export { currentSpanContext, FOLLOWED_TRACES_MAX, FollowedTraces } from '../tracing/followed-traces.js';
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
} from '../tracing/tracing.js';
