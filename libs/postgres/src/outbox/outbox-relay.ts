import { silentLogger, type Logger, type Registry } from '@touchstone/platform/observability';
import type { EventBus, PublishEvent } from '@touchstone/platform/wiring';
import type { DataSource } from 'typeorm';
import { AcknowledgedEvents } from './acknowledged-events.js';
import { BatchPublisher, type SentRow } from './batch-publisher.js';
import type { OutboxWaker } from './outbox.js';
import { RelayMetrics } from './relay-metrics.js';
import { RelaySession } from './relay-session.js';
import { WakeSignal } from './wake-signal.js';

/** Rows that one read takes. */
export const RELAY_BATCH_MAX = 500;
/** Publishes that may wait for their acknowledgement at a time. */
export const RELAY_PIPELINE_DEFAULT_MAX = 128;
/** Milliseconds after which the relay looks although nobody woke it, and an idle relay tries to become active. */
export const RELAY_POLL_MS = 1_000;
/** Published rows stay this long, so that an operator can replay them. */
export const OUTBOX_RETENTION_DEFAULT_MS = 7 * 24 * 3_600_000;
/** Milliseconds between two prune steps. */
const PRUNE_INTERVAL_MS = 60_000;
const BACKOFF_FIRST_MS = 50;
const BACKOFF_LAST_MS = 5_000;

/** How to relay the outbox of one schema. */
export interface OutboxRelayOptions {
  readonly dataSource: DataSource;
  readonly publish: PublishEvent;
  /** Takes what can never be published, and tells what streams still have. */
  readonly bus?: EventBus | undefined;
  readonly logger?: Logger;
  readonly metrics?: Registry;
  /** 1 sends an event only after the one before it was acknowledged. */
  readonly pipelineMax?: number;
  readonly retentionMs?: number;
  readonly pollMs?: number;
}

/**
 * Publishes the rows of an outbox in the order of their ids and marks them once the bus acknowledged them. One relay
 * per schema is active; the others wait for its session to end. An event is published at least once, always with the
 * same message id: a crash between acknowledgement and mark sends it again, and JetStream drops the copy.
 *
 * An event that can never be published goes to the dead letters and is marked like the others, so that it stops nobody
 * behind it; `republish` takes it up again. What a stream loses after it acknowledged it is published again.
 *
 * Order: an event whose transaction began after another's commit follows it. When a publish fails, nothing behind it
 * is sent any more, and everything from the failed event on is sent again in order after a pause.
 */
export class OutboxRelay implements OutboxWaker {
  private readonly wake = new WakeSignal();
  private readonly publisher: BatchPublisher;
  private readonly acknowledged: AcknowledgedEvents | undefined;
  private readonly logger: Logger;
  private readonly metrics: RelayMetrics | undefined;
  private readonly pollMs: number;
  private running: Promise<void> | undefined;
  private stopping = false;
  private leader = false;
  private idleWaiters: (() => void)[] = [];
  private prunedAtMs = 0;

  constructor(private readonly options: OutboxRelayOptions) {
    this.logger = options.logger ?? silentLogger();
    this.pollMs = options.pollMs ?? RELAY_POLL_MS;
    this.metrics =
      options.metrics === undefined ? undefined : new RelayMetrics(options.metrics, options.dataSource);
    const { bus, publish, pipelineMax = RELAY_PIPELINE_DEFAULT_MAX } = options;
    this.publisher = new BatchPublisher(publish, pipelineMax, bus);
    this.acknowledged =
      bus &&
      new AcknowledgedEvents({
        bus,
        logger: this.logger,
        onAgain: (count) => this.metrics?.again.inc(count),
      });
  }

  /** True while this relay is the active one of its schema. */
  get active(): boolean {
    return this.leader;
  }

  /** Starts in the background; an unreachable database or bus is retried for ever. */
  start(): void {
    this.running ??= this.run();
  }

  /** Looks for new rows at once; call it after a commit. */
  poke(): void {
    this.wake.raise();
  }

  /**
   * Resolves when nothing is pending, as a shutdown wants it. A relay that is not active resolves at once, because
   * another process publishes; an aborted signal ends the wait.
   */
  async flush(signal?: AbortSignal): Promise<void> {
    if (!this.leader || this.stopping || signal?.aborted === true) return;
    await new Promise<void>((resolve) => {
      signal?.addEventListener('abort', () => resolve(), { once: true });
      this.idleWaiters.push(resolve);
      this.poke();
    });
  }

  /** Ends after the batch that is running, and gives the lock away. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.poke();
    await this.running;
  }

  private async run(): Promise<void> {
    let backoffMs = BACKOFF_FIRST_MS;
    while (!this.stopping) {
      try {
        await this.runSession(() => {
          backoffMs = BACKOFF_FIRST_MS;
        });
      } catch (error) {
        this.logger.warn({ err: error, backoffMs }, 'the outbox relay pauses');
        await this.pause(backoffMs);
        backoffMs = Math.min(backoffMs * 2, BACKOFF_LAST_MS);
      }
    }
    this.resolveIdle();
  }

  /** One database session: wait for the lock, then publish until the session or a publish fails. */
  private async runSession(onProgress: () => void): Promise<void> {
    let lost = false;
    const session = await RelaySession.open(
      this.options.dataSource,
      () => this.poke(),
      () => {
        lost = true;
        this.poke();
      },
    );
    try {
      while (!this.stopping && !(await session.tryLock())) {
        onProgress();
        await this.wake.wait(this.pollMs, { ignoreRaised: true });
        if (lost) throw new Error('The session of the outbox relay ended.');
      }
      this.setLeader(!this.stopping);
      await this.acknowledged?.recall(session);
      while (!this.stopping) {
        if (lost) throw new Error('The session of the outbox relay ended.');
        this.wake.lower();
        // Whoever waits from now on may wait for rows that the read below does not see.
        const waiting = this.idleWaiters.length;
        await this.acknowledged?.check(session);
        const sent = await this.publishBatch(session);
        onProgress();
        if (sent > 0) continue;
        this.resolveIdle(waiting);
        await this.pruneSometimes(session);
        await this.wake.wait(this.pollMs);
      }
    } finally {
      this.setLeader(false);
      await session.close();
    }
  }

  private async publishBatch(session: RelaySession): Promise<number> {
    const rows = await session.pending(RELAY_BATCH_MAX);
    if (rows.length === 0) return 0;
    const { sent, failure } = await this.publisher.publish(rows);
    await this.acknowledged?.observe(session, sent);
    if (sent.length > 0) {
      await session.mark(sent.map(({ row, receipt }) => ({ id: row.id, sequence: receipt?.sequence })));
      this.count(sent);
    }
    if (failure !== undefined) {
      this.metrics?.failures.inc();
      throw failure.error;
    }
    return rows.length;
  }

  private count(sent: readonly SentRow[]): void {
    const nowMs = Date.now();
    for (const { row, refusal } of sent) {
      if (refusal === undefined) {
        this.metrics?.published.inc();
        this.metrics?.delay.observe(Math.max(0, nowMs - row.createdAtMs) / 1_000);
        continue;
      }
      this.metrics?.setAside.inc();
      const { messageId, subject, payload } = row;
      this.logger.error(
        { messageId, subject, bytes: payload.length, err: refusal },
        'an event can never be published and went to the dead letters',
      );
    }
  }

  private async pruneSometimes(session: RelaySession): Promise<void> {
    const nowMs = Date.now();
    if (nowMs - this.prunedAtMs < PRUNE_INTERVAL_MS) return;
    this.prunedAtMs = nowMs;
    await session.prune(this.options.retentionMs ?? OUTBOX_RETENTION_DEFAULT_MS);
  }

  private async pause(backoffMs: number): Promise<void> {
    const untilMs = performance.now() + backoffMs;
    // New rows do not shorten the pause: a bus that is down would be asked as often as events come.
    for (let leftMs = backoffMs; leftMs > 0 && !this.stopping; leftMs = untilMs - performance.now())
      await this.wake.wait(Math.min(leftMs, BACKOFF_FIRST_MS), { ignoreRaised: true });
  }

  private setLeader(leader: boolean): void {
    this.leader = leader;
    this.metrics?.active.set(leader ? 1 : 0);
    if (!leader) this.resolveIdle();
  }

  /** Ends the waits of the first ones. */
  private resolveIdle(count = this.idleWaiters.length): void {
    for (const resolve of this.idleWaiters.splice(0, count)) resolve();
  }
}
