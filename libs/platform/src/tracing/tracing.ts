import {
  context,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type Span,
  type Tracer,
} from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { BasicTracerProvider, type SpanProcessor } from '@opentelemetry/sdk-trace-base';

/** How to start tracing. */
export interface TracingOptions {
  readonly version: string;
  /** Where finished spans go; without any, spans only give logs and messages their trace id. */
  readonly spanProcessors?: SpanProcessor[];
}

/** Ends tracing: flushes the processors and takes the globals back. */
export interface Tracing {
  shutdown(): Promise<void>;
}

const TRACER_NAME = 'touchstone';
let tracer: Tracer = trace.getTracer(TRACER_NAME);

/** Installs tracer provider, context storage and the W3C propagator for the process. */
export function startTracing({ version, spanProcessors = [] }: TracingOptions): Tracing {
  const provider = new BasicTracerProvider({ spanProcessors });
  const contexts = new AsyncLocalStorageContextManager().enable();
  context.setGlobalContextManager(contexts);
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  trace.setGlobalTracerProvider(provider);
  tracer = provider.getTracer(TRACER_NAME, version);
  return {
    shutdown: async () => {
      await provider.shutdown();
      trace.disable();
      propagation.disable();
      context.disable();
      contexts.disable();
      tracer = trace.getTracer(TRACER_NAME);
    },
  };
}

/** The trace id of the running span, 32 lower-case hex digits; undefined outside of one. */
export function currentTraceId(): string | undefined {
  return trace.getActiveSpan()?.spanContext().traceId;
}

/** Runs `fn` inside a new span, ends it, and marks it failed when `fn` throws. */
export function withSpan<T>(
  name: string,
  attributes: Attributes,
  fn: (span: Span) => Promise<T>,
): Promise<T> {
  return runInSpan(name, { attributes, kind: SpanKind.INTERNAL }, context.active(), fn);
}

/** Writes the running trace into a carrier of headers (`traceparent`, `tracestate`) and returns it. */
export function injectTrace(carrier: Record<string, string> = {}): Record<string, string> {
  propagation.inject(context.active(), carrier);
  return carrier;
}

/** Continues the trace that a message carried, in a new span of kind `consumer`. */
export function runWithRemoteTrace<T>(
  carrier: Readonly<Record<string, string>>,
  name: string,
  fn: (span: Span) => Promise<T>,
): Promise<T> {
  return runInSpan(name, { kind: SpanKind.CONSUMER }, remoteContext(carrier), fn);
}

/** The context of a caller as its headers name it; a malformed header starts a new trace. */
export function remoteContext(carrier: unknown): Context {
  return propagation.extract(ROOT_CONTEXT, carrier);
}

/** Starts the span of an incoming request. The caller ends it. */
export function startServerSpan(name: string, parent: Context): { span: Span; context: Context } {
  const span = tracer.startSpan(name, { kind: SpanKind.SERVER }, parent);
  return { span, context: trace.setSpan(parent, span) };
}

async function runInSpan<T>(
  name: string,
  options: { attributes?: Attributes; kind: SpanKind },
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
