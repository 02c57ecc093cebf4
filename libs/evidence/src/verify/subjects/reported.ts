import type { EventBatchFormat } from '@touchstone/event-batch';

/** What evidence is about, read from the bundle and not proven by being named. */
export type ReportedSubject = ReportedOutput | ReportedEvent;

export interface ReportedOutput {
  readonly kind: 'output';
  readonly modelVersionId: string;
  /** Unix seconds. */
  readonly timestamp: number;
  readonly keyId: string;
}

export interface ReportedEvent {
  readonly kind: 'event';
  /** `null` where the event has none that an event may have. */
  readonly eventId: string | null;
  readonly format: EventBatchFormat;
  /** RFC 3339 in UTC. */
  readonly batchTs: string;
  readonly keyId: string;
  /** From the log entry; `null` where that cannot be read or names none. */
  readonly tenant: string | null;
}
