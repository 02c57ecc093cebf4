import {
  context,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type Link,
  type Span,
  type SpanOptions,
  type Tracer,
} from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import { AlwaysOffSampler, BasicTracerProvider, type SpanProcessor } from '@opentelemetry/sdk-trace-base';

/** How to start tracing. */
export interface TracingOptions {
  readonly version: string;
  /** `service.name` of every span. */
  readonly service?: string;
  /** Where finished spans go; without any nothing is recorded, and logs and messages still get their trace id. */
  readonly spanProcessors?: SpanProcessor[];
}

/** Ends tracing: flushes the processors and takes the globals back. */
export interface Tracing {
  shutdown(): Promise<void>;
}

/** What a span stands for: work inside a process, or one side of a hop. */
export type SpanRole = 'internal' | 'client' | 'server' | 'producer' | 'consumer';

/** Links that one span keeps; a batch has more leaves than a viewer can show. */
export const SPAN_LINKS_MAX = 128;

const TRACER_NAME = 'touchstone';
const kinds: Readonly<Record<SpanRole, SpanKind>> = {
  internal: SpanKind.INTERNAL,
  client: SpanKind.CLIENT,
  server: SpanKind.SERVER,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
};

let tracer: Tracer = trace.getTracer(TRACER_NAME);
let exporting = false;

/** Installs tracer provider, context storage and the W3C propagator for the process. */
export function startTracing({ version, service, spanProcessors = [] }: TracingOptions): Tracing {
  const resource = defaultResource().merge(
    resourceFromAttributes({
      ...(service === undefined ? {} : { 'service.name': service }),
      'service.version': version,
    }),
  );
  const provider = new BasicTracerProvider({
    resource,
    spanProcessors,
    ...(spanProcessors.length > 0 ? {} : { sampler: new AlwaysOffSampler() }),
  });
  const contexts = new AsyncLocalStorageContextManager().enable();
  context.setGlobalContextManager(contexts);
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  trace.setGlobalTracerProvider(provider);
  tracer = provider.getTracer(TRACER_NAME, version);
  exporting = spanProcessors.length > 0;
  return {
    shutdown: async () => {
      exporting = false;
      await provider.shutdown();
      trace.disable();
      propagation.disable();
      context.disable();
      contexts.disable();
      tracer = trace.getTracer(TRACER_NAME);
    },
  };
}

/** True when finished spans go somewhere; work that only describes spans is left out otherwise. */
export function isTraceExported(): boolean {
  return exporting;
}

/** The trace id of the running span, 32 lower-case hex digits; undefined outside of one. */
export function currentTraceId(): string | undefined {
  return trace.getActiveSpan()?.spanContext().traceId;
}

/**
 * Runs `fn` inside a new span, ends it, and marks it failed when `fn` throws. While nothing is exported the running
 * span is kept, so that this costs nothing inside a request.
 */
export function withSpan<T>(
  name: string,
  attributes: Attributes,
  fn: (span: Span) => Promise<T>,
  role: SpanRole = 'internal',
): Promise<T> {
  const active = trace.getActiveSpan();
  if (!exporting && active !== undefined) return fn(active);
  return runInSpan(name, { attributes, kind: kinds[role] }, context.active(), fn);
}

/** Writes a trace, the running one when left out, into a carrier of headers (`traceparent`, `tracestate`) and returns it. */
export function injectTrace(
  carrier: Record<string, string> = {},
  trace = context.active(),
): Record<string, string> {
  propagation.inject(trace, carrier);
  return carrier;
}

/** Continues the trace that a message carried, in a new span. */
export function runWithRemoteTrace<T>(
  carrier: Readonly<Record<string, string>>,
  name: string,
  fn: (span: Span) => Promise<T>,
  role: SpanRole = 'consumer',
): Promise<T> {
  return runInSpan(name, { kind: kinds[role] }, remoteContext(carrier), fn);
}

/**
 * Runs `fn` for several messages or requests at once: in a new trace that links to theirs, or, for a single message, in its own.
 * At most {@link SPAN_LINKS_MAX} are linked.
 */
export function runWithLinkedTraces<T>(
  carriers: readonly Readonly<Record<string, string>>[],
  name: string,
  fn: (span: Span) => Promise<T>,
  role: SpanRole = 'consumer',
): Promise<T> {
  const [first] = carriers;
  if (carriers.length === 1 && first !== undefined) return runWithRemoteTrace(first, name, fn, role);
  const attributes = { 'messaging.batch.message_count': carriers.length };
  return runInSpan(
    name,
    { kind: kinds[role], attributes, links: exporting ? linksOf(carriers) : [] },
    ROOT_CONTEXT,
    fn,
  );
}

/** The context of a caller as its headers name it; a malformed header starts a new trace. */
export function remoteContext(carrier: unknown): Context {
  return propagation.extract(ROOT_CONTEXT, carrier);
}

/** Starts the span of an incoming request; {@link endServerSpan} ends it. */
export function startServerSpan(name: string, parent: Context): { span: Span; context: Context } {
  const span = tracer.startSpan(name, { kind: SpanKind.SERVER }, parent);
  return { span, context: trace.setSpan(parent, span) };
}

/** Ends the span of a request with what became of it. */
export function endServerSpan(
  span: Span,
  { method, route, status }: { readonly method: string; readonly route: string; readonly status: number },
): void {
  if (!exporting) return;
  span.updateName(`${method} ${route}`);
  span.setAttributes({
    'http.request.method': method,
    'http.route': route,
    'http.response.status_code': status,
  });
  if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
  span.end();
}

/** Records a span whose work is over, for example a time of waiting. Needs {@link isTraceExported}. */
export function recordSpan(name: string, options: SpanOptions & { endTime: number }, parent: Context): void {
  tracer.startSpan(name, options, parent).end(options.endTime);
}

function linksOf(carriers: readonly Readonly<Record<string, string>>[]): Link[] {
  return carriers
    .map((carrier) => trace.getSpanContext(remoteContext(carrier)))
    .filter((found) => found !== undefined)
    .slice(0, SPAN_LINKS_MAX)
    .map((found) => ({ context: found }));
}

async function runInSpan<T>(
  name: string,
  options: SpanOptions,
  parent: Context,
  fn: (span: Span) => Promise<T>,
): Promise<T> {
  const span = tracer.startSpan(name, options, parent);
  try {
    return await context.with(trace.setSpan(parent, span), () => fn(span));
  } catch (error) {
    span.recordException(error instanceof Error ? error : String(error));
    span.setStatus({ code: SpanStatusCode.ERROR });
    throw error;
  } finally {
    span.end();
  }
}
