import { context, type Context } from '@opentelemetry/api';
import type { ServerResponse } from 'node:http';
import { Histogram, type Registry } from 'prom-client';
import type { Logger } from '../logging/logger.js';
import { endServerSpan, injectTrace, remoteContext, startServerSpan } from '../tracing/tracing.js';
import type { HttpRequest } from './request.js';
import type { RouteHandler } from './route-table.js';

const knownMethods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/**
 * Watches every request: continues the caller's trace, answers `traceparent`, measures the duration by route, method
 * and status (never by path, which has no bound), and sets the security headers.
 */
export class RequestObserver {
  private readonly duration: Histogram;

  constructor(
    registry: Registry,
    private readonly logger?: Logger,
  ) {
    this.duration = new Histogram({
      name: 'touchstone_http_server_duration_seconds',
      help: 'Duration of HTTP requests until the answer was written.',
      labelNames: ['route', 'method', 'status'],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
      registers: [registry],
    });
  }

  /** One line for each request at the level debug, inside its trace. */
  private tell(active: Context, fields: Record<string, unknown>): void {
    if (this.logger?.isLevelEnabled('debug') !== true) return;
    const { logger } = this;
    context.with(active, () => logger.debug(fields, 'a request was answered'));
  }

  /** Lets `answer` take a request inside its trace and watches until the answer is written or the client gone. */
  watch(request: HttpRequest, response: ServerResponse, answer: RouteHandler): void {
    const startedMs = performance.now();
    const method = knownMethods.has(request.method ?? '') ? (request.method as string) : 'OTHER';
    const { span, context: active } = startServerSpan(`HTTP ${method}`, remoteContext(request.headers));
    response.setHeader('x-content-type-options', 'nosniff');
    response.once('close', () => {
      const { statusCode: status } = response;
      const route = request.route?.path ?? 'unmatched';
      endServerSpan(span, { method, route, status });
      this.tell(active, { route, method, status, durationMs: performance.now() - startedMs });
      this.duration.observe(
        { route, method, status: response.writableFinished ? String(status) : 'aborted' },
        (performance.now() - startedMs) / 1_000,
      );
    });
    const { traceparent } = injectTrace({}, active);
    if (traceparent !== undefined) response.setHeader('traceparent', traceparent);
    context.with(active, answer, undefined, request, response);
  }
}
