import { AppError, type ErrorCode } from '@touchstone/contracts';
import type { EventBus, EventReceipt, PublishEvent } from '@touchstone/platform/wiring';
import type { PendingRow } from './relay-session.js';

/** A row that needs no further publication. */
export interface SentRow {
  readonly row: PendingRow;
  /** Where the bus keeps it; undefined when it was set aside, or for a bus without places. */
  readonly receipt: EventReceipt | undefined;
  /** Why it was set aside instead of published. */
  readonly refusal: unknown;
}

/** What became of a batch: the rows before the first failure, which may be marked, and that failure. */
export interface BatchOutcome {
  readonly sent: readonly SentRow[];
  readonly failure: { readonly error: unknown } | undefined;
}

/** Failures that the same event meets again, however often it is sent. */
const UNPUBLISHABLE: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'body-too-large',
  'config-invalid',
  'forbidden',
  'validation-failed',
]);

/** Sends rows in order with several acknowledgements outstanding. */
export class BatchPublisher {
  constructor(
    private readonly send: PublishEvent,
    private readonly pipelineMax: number,
    private readonly bus: Pick<EventBus, 'setAside'> | undefined,
  ) {}

  /**
   * Stops sending at the first failure and waits for what is out, so that nothing is in flight when it returns. A row
   * that can never be published is set aside and is no failure: it must not stop those behind it.
   */
  async publish(rows: readonly PendingRow[]): Promise<BatchOutcome> {
    const outstanding: Promise<void>[] = [];
    const sent: (SentRow | undefined)[] = [];
    let failure: { index: number; error: unknown } | undefined;
    const failed = () => failure !== undefined;
    for (const [index, row] of rows.entries()) {
      const oldest = outstanding[index - this.pipelineMax];
      if (oldest !== undefined) await oldest;
      if (failed()) break;
      outstanding.push(
        this.sendOne(row).then(
          (result) => void (sent[index] = result),
          (error: unknown) => {
            if (failure === undefined || index < failure.index) failure = { index, error };
          },
        ),
      );
    }
    await Promise.all(outstanding);
    const before = sent.slice(0, failure?.index ?? rows.length);
    return { sent: before.filter((result) => result !== undefined), failure };
  }

  /** A publisher that throws instead of rejecting counts as failed too. */
  private async sendOne(row: PendingRow): Promise<SentRow> {
    const { subject, payload, messageId, headers } = row;
    try {
      const receipt = await this.send(subject, payload, { msgId: messageId, headers });
      return { row, receipt: receipt ?? undefined, refusal: undefined };
    } catch (error) {
      if (this.bus === undefined || !(error instanceof AppError) || !UNPUBLISHABLE.has(error.code))
        throw error;
      await this.bus.setAside(row, error);
      return { row, receipt: undefined, refusal: error };
    }
  }
}
