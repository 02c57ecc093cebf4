import type { EventBody, EventSubject } from '@touchstone/contracts';
import { commitmentHash } from '@touchstone/evidence';
import { emptyIntake, type Alarm, type Intake, type IntakeStore } from './intake.js';
import {
  readAnchor,
  readBatch,
  readCheckpointMessage,
  readEntry,
  readOutput,
  readProof,
  readSignedEvents,
} from './read-messages.js';

/** One event, as far as ingestion looks at it. */
export type IncomingEvent = {
  [S in EventSubject]: { readonly subject: S; readonly body: EventBody<S> };
}[EventSubject];

/**
 * Takes events into the read model in any order and any number of times. Nothing waits in the stream for something
 * that has not come yet: what came early is stored and joined when the rest is there.
 */
export class Ingestion {
  constructor(
    private readonly store: IntakeStore,
    private readonly origin: string,
    private readonly alarm: (alarm: Alarm) => void,
  ) {}

  /**
   * Makes all events durable, or none.
   *
   * @throws AppError for an event that no delivery will ever make right
   */
  async take(events: readonly IncomingEvent[]): Promise<void> {
    const intake = emptyIntake();
    const alarms: Alarm[] = [];
    for (const event of events) this.read(event, intake, alarms);
    const conflicts = await this.store.store(intake);
    // Told after the commit: a delivery that fails is read again and would be told twice.
    for (const alarm of alarms) this.alarm(alarm);
    for (const logIndex of conflicts) {
      this.alarm({
        kind: 'log-conflict',
        detail: `two entries claim place ${logIndex} of the log; the first is kept`,
      });
    }
  }

  private read({ subject, body }: IncomingEvent, intake: Intake, alarms: Alarm[]): void {
    switch (subject) {
      case 'evt.v1.inference.output.recorded':
        intake.outputs.push(readOutput(body));
        return;
      case 'evt.v1.inference.commitment.published':
        intake.commitments.push({
          commitmentHash: commitmentHash(body.commitment),
          modelVersionId: body.commitment.modelVersionId,
        });
        return;
      // It comes again as an entry of the log, and evidence has no place for it.
      case 'evt.v1.inference.set-up.published':
        return;
      case 'evt.v1.proving.execution.proved':
        intake.proofs.push(readProof(body));
        return;
      case 'evt.v1.signing.batch.signed': {
        const reading = readSignedEvents(body);
        if (reading.ok) intake.events.push(reading.value);
        else alarms.push({ kind: 'events-refused', detail: reading.detail });
        return;
      }
      case 'evt.v1.anchor.entry.appended':
        intake.entries.push(readEntry(body, true));
        return;
      case 'evt.v1.anchor.batch.sealed': {
        intake.entries.push(readEntry(body, false));
        const reading = readBatch(body);
        if (!reading.ok) alarms.push({ kind: 'batch-refused', detail: reading.detail });
        else intake.batches.push(reading.value);
        return;
      }
      case 'evt.v1.anchor.checkpoint.published': {
        const reading = readCheckpointMessage(body, this.origin);
        if (reading.ok) intake.checkpoints.push(reading.value);
        else alarms.push({ kind: 'checkpoint-refused', detail: reading.detail });
        return;
      }
      case 'evt.v1.anchor.anchor.final': {
        const reading = readAnchor(body);
        if (reading.ok) intake.anchors.push(reading.value);
        else alarms.push({ kind: 'anchor-refused', detail: reading.detail });
      }
    }
  }
}
