import { events, type EventSubject } from '@touchstone/contracts';
import type { Logger } from '@touchstone/platform/observability';
import type { EventBus } from '@touchstone/platform/wiring';
import type { SentRow } from './batch-publisher.js';
import type { RelaySession } from './relay-session.js';

/** Milliseconds between two looks whether the streams still have what they acknowledged. */
export const LOSS_CHECK_INTERVAL_MS = 30_000;
/**
 * Milliseconds before the end of a connection in which an acknowledgement is not believed: a server that stops takes
 * the consumers of a stream away before the stream, and acknowledges and drops what comes in between.
 */
export const DOUBT_BEFORE_INTERRUPTION_MS = 30_000;
/** Events before the first lost one that are published again with it: as many as may have been on their way. */
export const LOSS_MARGIN_EVENTS = 128;

/** What {@link AcknowledgedEvents} needs. */
export interface AcknowledgedEventsOptions {
  readonly bus: EventBus;
  readonly logger: Logger;
  /** Told how many events are published again. */
  readonly onAgain: (count: number) => void;
}

/**
 * Remembers up to which place streams acknowledged events, and has those published again that a stream lost: after a
 * power cut, a restored copy, or because it was made again. They keep their ids, so that consumers recognise what they
 * have, and more than was lost does no harm.
 */
export class AcknowledgedEvents {
  private last = new Map<string, number>();
  private interruptions: number | undefined;
  private checkedAtMs = -Infinity;

  constructor(private readonly options: AcknowledgedEventsOptions) {}

  /** Reads what is known, once a relay became the active one: another process published before. */
  async recall(session: RelaySession): Promise<void> {
    this.last = new Map();
    for (const { subject, sequence } of await session.lastSequences())
      this.raise(streamOf(subject), sequence);
    this.checkedAtMs = -Infinity;
  }

  /** Looks after an interruption, and from time to time; nothing may be in flight. */
  async check(session: RelaySession): Promise<void> {
    const { count, sinceMs } = this.options.bus.interruptions();
    const isFirst = this.interruptions === undefined;
    if (count !== this.interruptions) {
      const doubtMs = DOUBT_BEFORE_INTERRUPTION_MS;
      // At the start of a process nobody knows when the connection of the last one ended.
      this.again(
        await session.publishAgainRecent(
          isFirst ? { beforeLastMs: doubtMs } : { sinceMs: sinceMs + doubtMs },
        ),
      );
      this.interruptions = count;
    } else if (performance.now() - this.checkedAtMs < LOSS_CHECK_INTERVAL_MS) return;
    for (const [stream, acknowledged] of this.last) {
      const kept = await this.options.bus.lastSequence(stream);
      if (kept < acknowledged) await this.recover(session, stream, kept);
    }
    this.checkedAtMs = performance.now();
  }

  /** Compares new acknowledgements with what is known, before their rows are marked. */
  async observe(session: RelaySession, sent: readonly SentRow[]): Promise<void> {
    const lowest = new Map<string, number>();
    for (const { receipt } of sent) {
      if (receipt === undefined || receipt.duplicate) continue;
      const { stream, sequence } = receipt;
      lowest.set(stream, Math.min(sequence, lowest.get(stream) ?? sequence));
    }
    // Places of one batch may come in any order, those of earlier batches lie below.
    for (const [stream, sequence] of lowest)
      if (sequence <= (this.last.get(stream) ?? 0)) await this.recover(session, stream, sequence - 1);
    for (const { receipt } of sent)
      if (receipt !== undefined && !receipt.duplicate) this.raise(receipt.stream, receipt.sequence);
  }

  private async recover(session: RelaySession, stream: string, kept: number): Promise<void> {
    const acknowledged = this.last.get(stream);
    const subjects = Object.keys(events).filter((subject) => streamOf(subject) === stream);
    const count = await session.publishAgainAbove(subjects, kept - LOSS_MARGIN_EVENTS);
    this.last.set(stream, kept);
    this.options.logger.warn(
      { stream, acknowledged, kept, events: count },
      'a stream lost events that it had acknowledged; they are published again',
    );
    this.again(count);
  }

  private again(count: number): void {
    if (count > 0) this.options.onAgain(count);
  }

  private raise(stream: string, sequence: number): void {
    this.last.set(stream, Math.max(sequence, this.last.get(stream) ?? 0));
  }
}

function streamOf(subject: string): string {
  return Object.hasOwn(events, subject) ? events[subject as EventSubject].stream : '';
}
