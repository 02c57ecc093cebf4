import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import {
  currentTraceId,
  injectTrace,
  runWithLinkedTraces,
  runWithRemoteTrace,
  startTracing,
  withSpan,
  type Tracing,
} from './tracing.js';

const traceId = '0af7651916cd43dd8448eb211c80319c';

describe('tracing', () => {
  const exporter = new InMemorySpanExporter();
  let tracing: Tracing;
  beforeAll(() => {
    tracing = startTracing({ version: '1.0.0', spanProcessors: [new SimpleSpanProcessor(exporter)] });
  });
  afterAll(() => tracing.shutdown());

  it('carries a trace over headers into the work of a consumer', async () => {
    const { carrier, sent } = await withSpan('sender', {}, async () => ({
      carrier: injectTrace(),
      sent: currentTraceId(),
    }));
    expect(carrier['traceparent']).toMatch(new RegExp(`^00-${sent}-[0-9a-f]{16}-01$`));
    await runWithRemoteTrace(carrier, 'consumer', async () => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      expect(currentTraceId()).toBe(sent);
    });
    expect(currentTraceId()).toBeUndefined();
  });

  it.each([
    ['nothing', {}],
    ['a short id', { traceparent: `00-${traceId.slice(1)}-b7ad6b7169203331-01` }],
    ['an id of zeros', { traceparent: `00-${'0'.repeat(32)}-b7ad6b7169203331-01` }],
    ['text', { traceparent: 'x'.repeat(10_000) }],
  ])('starts a new trace when a message carries %s', async (_, carrier) => {
    await runWithRemoteTrace(carrier, 'consumer', async () => {
      expect(currentTraceId()).toMatch(/^[0-9a-f]{32}$/);
      expect(currentTraceId()).not.toBe(traceId);
    });
  });

  it('marks a span failed, ends it and passes the error on', async () => {
    exporter.reset();
    await expect(withSpan('fails', { height: 3 }, () => Promise.reject(new Error('no')))).rejects.toThrow(
      'no',
    );
    const [span] = exporter.getFinishedSpans();
    expect(span).toMatchObject({ name: 'fails', attributes: { height: 3 }, status: { code: 2 } });
  });

  it('links the work for several messages to their traces, and continues the trace of a single one', async () => {
    exporter.reset();
    const carriers = [1, 2].map((index) => ({
      traceparent: `00-${traceId.slice(1)}${index}-b7ad6b7169203331-01`,
    }));
    await runWithLinkedTraces(carriers, 'many', async () => undefined);
    await runWithLinkedTraces(carriers.slice(0, 1), 'one', async () => undefined);
    const [many, one] = exporter.getFinishedSpans();
    expect(many?.links.map(({ context }) => context.traceId)).toEqual([
      `${traceId.slice(1)}1`,
      `${traceId.slice(1)}2`,
    ]);
    expect(many?.spanContext().traceId).not.toContain(traceId.slice(1));
    expect(one?.spanContext().traceId).toBe(`${traceId.slice(1)}1`);
  });

  it('adds nothing to headers outside of a span', () => {
    expect(injectTrace({ other: '1' })).toEqual({ other: '1' });
  });
});
