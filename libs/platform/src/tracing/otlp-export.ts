import { diag, DiagLogLevel } from '@opentelemetry/api';
import type { SpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { ServiceConfig } from '../config/fragments.js';
import type { Logger } from '../logging/logger.js';

type Endpoints = Pick<ServiceConfig, 'OTEL_EXPORTER_OTLP_ENDPOINT' | 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'>;

/**
 * Where spans go by OTLP over HTTP (OpenTelemetry's environment variables): the traces endpoint as it is, else
 * `/v1/traces` below the general one.
 */
function tracesUrl(config: Endpoints): string | undefined {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: base, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: traces } = config;
  return traces ?? (base === undefined ? undefined : `${base.replace(/\/$/, '')}/v1/traces`);
}

/**
 * The processors that send finished spans to a collector, in batches and without holding anything up; none when no
 * endpoint is set, and then the exporter is not even loaded. Headers, timeout, sampler and batch sizes come from the
 * standard variables `OTEL_…`, which the exporter reads itself.
 */
export async function otlpSpanProcessors(config: Endpoints, logger: Logger): Promise<SpanProcessor[]> {
  const url = tracesUrl(config);
  if (url === undefined) return [];
  const [{ OTLPTraceExporter }, { BatchSpanProcessor }] = await Promise.all([
    import('@opentelemetry/exporter-trace-otlp-http'),
    import('@opentelemetry/sdk-trace-base'),
  ]);
  // A collector that is away costs spans and nothing else; the log says so.
  const tell = (message: string): void => logger.warn({ detail: message }, 'spans could not be exported');
  const silent = (): void => undefined;
  diag.setLogger(
    { error: tell, warn: silent, info: silent, debug: silent, verbose: silent },
    { logLevel: DiagLogLevel.ERROR, suppressOverrideMessage: true },
  );
  return [new BatchSpanProcessor(new OTLPTraceExporter({ url }))];
}
