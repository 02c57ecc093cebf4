import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { currentSpanContext, FOLLOWED_TRACES_MAX, FollowedTraces } from './followed-traces.js';
import { startTracing, withSpan, type Tracing } from './tracing.js';

const traceOf = (index: number): string => index.toString(16).padStart(32, '0');
const carrier = (index: number, flags = '01') => ({
  traceparent: `00-${traceOf(index)}-b7ad6b7169203331-${flags}`,
});

describe('traces that are followed through batches', () => {
  const exporter = new InMemorySpanExporter();
  let tracing: Tracing;
  let nowMs: number;
  let traces: FollowedTraces;
  beforeAll(() => {
    tracing = startTracing({ version: '1.0.0', spanProcessors: [new SimpleSpanProcessor(exporter)] });
  });
  beforeEach(() => {
    exporter.reset();
    nowMs = 1_700_000_000_000;
    traces = new FollowedTraces(() => nowMs);
  });
  afterAll(() => tracing.shutdown());

  it('show each stage in the trace that began it, with a link to the work for many', async () => {
    traces.follow('a', carrier(1));
    traces.follow('b', carrier(2));
    const batch = await withSpan('seal', {}, async () => {
      traces.link(['a', 'b', 'unknown']);
      return currentSpanContext();
    });
    nowMs += 250;
    traces.reached('sealed', ['a', 'b', 'unknown'], { batch });
    const [seal, first, second, ...rest] = exporter.getFinishedSpans();
    expect(rest).toEqual([]);
    expect(seal?.links.map(({ context }) => context.traceId)).toEqual([traceOf(1), traceOf(2)]);
    expect([first, second].map((span) => span?.spanContext().traceId)).toEqual([traceOf(1), traceOf(2)]);
    expect(first?.parentSpanContext?.spanId).toBe('b7ad6b7169203331');
    expect(first?.links[0]?.context.spanId).toBe(seal?.spanContext().spanId);
    expect(first?.duration).toEqual([0, 250_000_000]);
  });

  it('begin each stage where the one before ended, and are forgotten after the last', () => {
    traces.follow('a', carrier(1));
    nowMs += 100;
    traces.reached('first', ['a']);
    nowMs += 40;
    traces.reached('last', ['a'], { last: true });
    traces.reached('never', ['a']);
    expect(exporter.getFinishedSpans().map(({ name, duration }) => [name, duration[1]])).toEqual([
      ['first', 100_000_000],
      ['last', 40_000_000],
    ]);
    expect(traces.size).toBe(0);
  });

  it.each([
    ['without a trace', {}],
    ['of a trace that is not sampled', carrier(1, '00')],
    ['with a malformed header', { traceparent: 'x'.repeat(1_000) }],
  ])('leave a message alone %s', (_name, headers) => {
    traces.follow('a', headers);
    expect(traces.size).toBe(0);
  });

  it('are bounded: the oldest goes first', () => {
    for (let index = 1; index <= FOLLOWED_TRACES_MAX + 1; index += 1)
      traces.follow(`${index}`, carrier(index));
    expect(traces.size).toBe(FOLLOWED_TRACES_MAX);
    traces.reached('stage', ['1', `${FOLLOWED_TRACES_MAX + 1}`]);
    expect(exporter.getFinishedSpans()).toHaveLength(1);
  });
});

describe('while no span is exported', () => {
  let tracing: Tracing;
  beforeAll(() => {
    tracing = startTracing({ version: '1.0.0' });
  });
  afterAll(() => tracing.shutdown());

  it('nothing is followed, and work inside a request gets no span of its own', async () => {
    const traces = new FollowedTraces(() => 0);
    traces.follow('a', carrier(1));
    expect(traces.size).toBe(0);
    await withSpan('request', {}, async (request) => {
      expect(request.isRecording()).toBe(false);
      expect(request.spanContext().traceId).toMatch(/^[0-9a-f]{32}$/);
      await withSpan('inner', {}, async (inner) => expect(inner).toBe(request));
    });
  });
});
