import { ROOT_CONTEXT, trace, type SpanContext } from '@opentelemetry/api';
import { isTraceExported, recordSpan, remoteContext, SPAN_LINKS_MAX } from './tracing.js';

/** Traces that one process follows beyond the message that carried them. */
export const FOLLOWED_TRACES_MAX = 20_000;

interface Followed {
  readonly context: SpanContext;
  sinceMs: number;
}

/**
 * Remembers the traces of things that are worked on in batches, long after the message that brought them, so that
 * each stage can be shown in the trace of the request that began it. Bounded and kept in memory alone: after a restart
 * the stages of what was on its way are missing in their traces, and nothing else. Does nothing while no span is
 * exported.
 */
export class FollowedTraces {
  private readonly followed = new Map<string, Followed>();

  constructor(private readonly nowMs: () => number) {}

  /** How many are followed. */
  get size(): number {
    return this.followed.size;
  }

  /** Follows the sampled trace of a carrier under a key; beyond the bound the oldest is let go. */
  follow(key: string, carrier: Readonly<Record<string, string>>): void {
    if (!isTraceExported()) return;
    const context = trace.getSpanContext(remoteContext(carrier));
    if (context === undefined || (context.traceFlags & 1) === 0) return;
    this.followed.set(key, { context, sinceMs: this.nowMs() });
    if (this.followed.size <= FOLLOWED_TRACES_MAX) return;
    const [oldest] = this.followed.keys();
    if (oldest !== undefined) this.followed.delete(oldest);
  }

  /** Links the running span to the traces of these keys. */
  link(keys: readonly string[]): void {
    if (this.followed.size === 0) return;
    const span = trace.getActiveSpan();
    let links = 0;
    for (const key of keys) {
      const found = this.followed.get(key);
      if (found === undefined) continue;
      span?.addLink({ context: found.context });
      links += 1;
      if (links === SPAN_LINKS_MAX) return;
    }
  }

  /**
   * Shows a stage in each trace: a span from the stage before until now that links to `batch`, the span of the work
   * that was done for many. With `last` the keys are forgotten.
   */
  reached(
    stage: string,
    keys: readonly string[],
    options: { readonly batch?: SpanContext | undefined; readonly last?: boolean } = {},
  ): void {
    if (this.followed.size === 0) return;
    const endTime = this.nowMs();
    const links = options.batch === undefined ? [] : [{ context: options.batch }];
    for (const key of keys) {
      const found = this.followed.get(key);
      if (found === undefined) continue;
      const parent = trace.setSpanContext(ROOT_CONTEXT, found.context);
      if (isTraceExported()) recordSpan(stage, { startTime: found.sinceMs, endTime, links }, parent);
      found.sinceMs = endTime;
      if (options.last === true) this.followed.delete(key);
    }
  }
}

/** The running span, as a batch that others link to. */
export function currentSpanContext(): SpanContext | undefined {
  return isTraceExported() ? trace.getActiveSpan()?.spanContext() : undefined;
}
