import { AppError, type StreamName } from '@touchstone/contracts';
import { DiscardPolicy, jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import { noMetrics, type MeshLogger, type MeshMetrics } from '../observer.js';

/** Milliseconds between two looks at how full streams are. */
export const STREAM_USAGE_INTERVAL_MS = 10_000;
/** From this share on a stream is named in the log. */
export const STREAM_WARNING_SHARE = 0.8;
/** From this share on a service that depends on the stream is not ready; the stream refuses events at 1. */
export const STREAM_FULL_SHARE = 0.95;

/** What {@link StreamUsage} needs. */
export interface StreamUsageOptions {
  readonly nc: NatsConnection;
  readonly streams: readonly StreamName[];
  readonly logger: MeshLogger;
  readonly metrics?: MeshMetrics;
  readonly intervalMs?: number;
}

/**
 * Looks how full streams are. Only those matter that refuse what does not fit: the others make room by themselves.
 * A stream fills when one of its durables is not read; then answers go on, and their evidence does not.
 */
export class StreamUsage {
  private readonly shares = new Map<StreamName, number>();
  private timer: ReturnType<typeof setInterval> | undefined;

  constructor(private readonly options: StreamUsageOptions) {}

  /** Looks now and from time to time. */
  start(): void {
    void this.look();
    this.timer = setInterval(() => void this.look(), this.options.intervalMs ?? STREAM_USAGE_INTERVAL_MS);
    this.timer.unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** For readiness. @throws AppError `dependency-unavailable` that names streams which are about to refuse events */
  check(): void {
    const full = [...this.shares].filter(([, share]) => share >= STREAM_FULL_SHARE);
    if (full.length === 0) return;
    const named = full.map(([name, share]) => `${name} is ${Math.floor(share * 100)} % full`).join(', ');
    throw new AppError(
      'dependency-unavailable',
      `Stream ${named} of unread events: see touchstone top for the consumer that does not read (docs/runbooks/stream-full.md).`,
    );
  }

  /** Looks once; what cannot be seen leaves the last figure, since readiness says already that NATS is away. */
  async look(): Promise<void> {
    const { nc, streams, logger } = this.options;
    try {
      const jsm = await jetstreamManager(nc, { checkAPI: false });
      for (const name of streams) {
        const { config, state } = await jsm.streams.info(name);
        const share = config.max_bytes > 0 ? state.bytes / config.max_bytes : 0;
        this.see(name, share, config.discard === DiscardPolicy.New);
      }
    } catch (error) {
      logger.debug?.({ err: error }, 'how full the streams are could not be seen');
    }
  }

  private see(stream: StreamName, share: number, refuses: boolean): void {
    const { logger, metrics = noMetrics } = this.options;
    metrics.streamUsed({ stream }, share);
    if (!refuses) return;
    const before = this.shares.get(stream) ?? 0;
    this.shares.set(stream, share);
    if (share >= STREAM_WARNING_SHARE && before < STREAM_WARNING_SHARE)
      logger.warn({ stream, share }, 'a stream is filling with events that a consumer does not read');
    if (share < STREAM_WARNING_SHARE && before >= STREAM_WARNING_SHARE)
      logger.info({ stream, share }, 'a stream has room again');
  }
}
