import type { PublishEvent } from '@touchstone/platform';
import type { PendingRow } from './relay-session.js';

/** What became of a batch: the rows before the first failure, which may be marked, and that failure. */
export interface BatchOutcome {
  readonly acknowledged: readonly PendingRow[];
  readonly failure: { readonly error: unknown } | undefined;
}

/** Sends rows in order with several acknowledgements outstanding. */
export class BatchPublisher {
  constructor(
    private readonly send: PublishEvent,
    private readonly pipelineMax: number,
  ) {}

  /** Stops sending at the first failure and waits for what is out, so that nothing is in flight when it returns. */
  async publish(rows: readonly PendingRow[]): Promise<BatchOutcome> {
    const outstanding: Promise<void>[] = [];
    let failure: { index: number; error: unknown } | undefined;
    const failed = () => failure !== undefined;
    for (const [index, row] of rows.entries()) {
      const oldest = outstanding[index - this.pipelineMax];
      if (oldest !== undefined) await oldest;
      if (failed()) break;
      outstanding.push(
        this.sendOne(row).catch((error: unknown) => {
          if (failure === undefined || index < failure.index) failure = { index, error };
        }),
      );
    }
    await Promise.all(outstanding);
    return { acknowledged: rows.slice(0, failure?.index ?? rows.length), failure };
  }

  /** A publisher that throws instead of rejecting counts as failed too. */
  private async sendOne({ subject, payload, messageId, headers }: PendingRow): Promise<void> {
    await this.send(subject, payload, { msgId: messageId, headers });
  }
}
