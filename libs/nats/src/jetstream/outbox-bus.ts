import { events, type EventSubject, type ServiceName } from '@touchstone/contracts';
import { jetstream, jetstreamManager, type JetStreamClient } from '@nats-io/jetstream';
import { headers as createHeaders, type MsgHdrs } from '@nats-io/nats-core';
import type { BusInterruptions, EventBus, StoredEvent } from '@touchstone/platform/wiring';
import type { Mesh } from '../connection.js';
import { toAppError } from '../nats-errors.js';
import { failureCode, failureReason } from './dead-letter-copy.js';
import {
  DEAD_LETTER_BODY_HEADER,
  DEAD_LETTER_CODE_HEADER,
  DEAD_LETTER_DELIVERIES_HEADER,
  DEAD_LETTER_REASON_HEADER,
  DEAD_LETTER_SEQUENCE_HEADER,
  DEAD_LETTER_STREAM_HEADER,
  DEAD_LETTER_SUBJECT_HEADER,
  KEPT_HEADERS,
  ORIGINAL_ID_HEADER,
} from './event-headers.js';

/** The place of a durable in the subject of a dead letter that no consumer wrote: the publisher could not publish. */
export const OUTBOX_LETTERS = 'outbox';

/** What the outbox of a service needs of JetStream beside publishing. */
export class OutboxBus implements EventBus {
  private readonly js: JetStreamClient;

  constructor(
    private readonly mesh: Pick<Mesh, 'nc' | 'interruptions'>,
    private readonly service: ServiceName,
  ) {
    this.js = jetstream(mesh.nc, { checkAPI: false });
  }

  /**
   * Stores the event in the stream DLQ. One without room for its body beside the headers is stored without: its id
   * names the row of the outbox, which `republish` takes up again.
   *
   * @throws AppError `timeout`, `dependency-unavailable`, `forbidden`
   */
  async setAside(event: StoredEvent, error: unknown): Promise<void> {
    const stream = streamOf(event.subject);
    const subject = `dlq.${this.service}.${OUTBOX_LETTERS}.${stream}.${event.id}`;
    const headers = letterHeaders(event, stream, error);
    try {
      await this.store(subject, event, event.payload, headers);
    } catch (cause) {
      if (toAppError(cause, 'Setting an event aside').code !== 'body-too-large')
        throw toAppError(cause, 'Setting an event aside');
      headers.set(DEAD_LETTER_BODY_HEADER, 'omitted');
      await this.store(subject, event, new Uint8Array(0), headers).catch((failure: unknown) => {
        throw toAppError(failure, 'Setting an event aside without its body');
      });
    }
  }

  /** @throws AppError `timeout`, `dependency-unavailable`, also for a stream that does not exist */
  async lastSequence(stream: string): Promise<number> {
    try {
      const jsm = await jetstreamManager(this.mesh.nc, { checkAPI: false });
      return (await jsm.streams.info(stream)).state.last_seq;
    } catch (error) {
      throw toAppError(error, `Looking at stream ${stream}`);
    }
  }

  interruptions(): BusInterruptions {
    return this.mesh.interruptions();
  }

  private store(
    subject: string,
    { messageId }: StoredEvent,
    body: Uint8Array,
    headers: MsgHdrs,
  ): Promise<unknown> {
    return this.js.publish(subject, body, { msgID: `${OUTBOX_LETTERS}:${messageId}`, headers });
  }
}

function letterHeaders(event: StoredEvent, stream: string, error: unknown): MsgHdrs {
  const headers = createHeaders();
  headers.set(DEAD_LETTER_SUBJECT_HEADER, event.subject);
  headers.set(DEAD_LETTER_STREAM_HEADER, stream);
  headers.set(DEAD_LETTER_SEQUENCE_HEADER, event.id);
  headers.set(DEAD_LETTER_DELIVERIES_HEADER, '0');
  headers.set(DEAD_LETTER_CODE_HEADER, failureCode(error));
  headers.set(DEAD_LETTER_REASON_HEADER, failureReason(error));
  headers.set(ORIGINAL_ID_HEADER, event.messageId);
  for (const name of KEPT_HEADERS) {
    const value = event.headers[name];
    if (value !== undefined) headers.set(name, value);
  }
  return headers;
}

/** The stream of an event; one that contracts does not know has none, and still needs a place among the letters. */
function streamOf(subject: string): string {
  return Object.hasOwn(events, subject) ? events[subject as EventSubject].stream : 'NONE';
}
