import { AppError, toProblem, type Durable, type ErrorCode } from '@touchstone/contracts';
import { jetstream, type JetStreamClient } from '@nats-io/jetstream';
import { headers as createHeaders, type MsgHdrs, type NatsConnection } from '@nats-io/nats-core';
import { readCarrier } from '../carrier.js';
import { toAppError } from '../nats-errors.js';
import { headersOf, relayedFrom, type DeliveredMessage } from './delivered-message.js';
import {
  DEAD_LETTER_BODY_HEADER,
  DEAD_LETTER_CODE_HEADER,
  DEAD_LETTER_DELIVERIES_HEADER,
  DEAD_LETTER_REASON_HEADER,
  DEAD_LETTER_RELAYED_HEADER,
  DEAD_LETTER_REPLAYED_HEADER,
  DEAD_LETTER_SEQUENCE_HEADER,
  DEAD_LETTER_STREAM_HEADER,
  DEAD_LETTER_SUBJECT_HEADER,
  KEPT_HEADERS,
  MESSAGE_ID_HEADER,
  ORIGINAL_ID_HEADER,
} from './event-headers.js';

/** What the owner of a consumer learns about a dead letter. */
export interface DeadLetterNotice {
  readonly durable: string;
  readonly subject: string;
  readonly streamSequence: number;
  readonly deliveries: number;
  readonly code: ErrorCode;
  readonly error: unknown;
}

/** Characters of the reason that a dead letter keeps. */
export const DEAD_LETTER_REASON_MAX = 512;

/** The subject of one dead letter: the durable that gave up, and the place of the message in its stream. */
export function deadLetterSubject(durable: Durable, stream: string, sequence: number): string {
  return `dlq.${durable.service}.${durable.name}.${stream}.${sequence}`;
}

/** The code a failure is filed under; what is no {@link AppError} is `internal`. */
export function failureCode(error: unknown): ErrorCode {
  return toProblem(error).code;
}

/** True for a failure that delivering again cannot cure. */
export function isPermanent(error: unknown): boolean {
  return error instanceof AppError && !error.retryable;
}

/** What the consumer said and where, in one line that fits a header. */
export function failureReason(error: unknown): string {
  const { detail, errors = [] } = toProblem(error);
  const [finding] = errors;
  const text = finding === undefined ? detail : `${detail} ${finding.pointer || '/'}: ${finding.detail}`;
  // A control character would end the header.
  return text.replace(/\p{Cc}+/gu, ' ').slice(0, DEAD_LETTER_REASON_MAX);
}

function placeHeaders(message: DeliveredMessage): MsgHdrs {
  const received = readable(message);
  const carrier = readCarrier(received);
  const headers = createHeaders();
  headers.set(DEAD_LETTER_SUBJECT_HEADER, message.subject);
  headers.set(DEAD_LETTER_STREAM_HEADER, message.info.stream);
  headers.set(DEAD_LETTER_SEQUENCE_HEADER, String(message.seq));
  const relayed = relayedFrom(received);
  // Without this mark a replay would bring it back as if it had been published.
  if (relayed !== undefined) headers.set(DEAD_LETTER_RELAYED_HEADER, relayed);
  const original = carrier[ORIGINAL_ID_HEADER.toLowerCase()] ?? carrier[MESSAGE_ID_HEADER.toLowerCase()];
  if (original !== undefined) headers.set(ORIGINAL_ID_HEADER, original);
  for (const name of KEPT_HEADERS) {
    const value = carrier[name];
    if (value !== undefined) headers.set(name, value);
  }
  return headers;
}

/** The headers of a message that may be buried for them. */
function readable(message: DeliveredMessage): MsgHdrs | undefined {
  try {
    return headersOf(message);
  } catch {
    return undefined;
  }
}

/** Writes copies of messages that cannot be processed into the stream DLQ. */
export class DeadLetterWriter {
  private readonly js: JetStreamClient;

  constructor(
    nc: NatsConnection,
    private readonly durable: Durable,
  ) {
    this.js = jetstream(nc, { checkAPI: false });
  }

  /**
   * Copies one message; the id is its place in the stream, so that a second copy is dropped. A replay that fails for
   * good replaces the dead letter that it came from.
   */
  async copy(message: DeliveredMessage, error: unknown): Promise<DeadLetterNotice> {
    const { deliveryCount } = message.info;
    const headers = placeHeaders(message);
    headers.set(DEAD_LETTER_CODE_HEADER, failureCode(error));
    headers.set(DEAD_LETTER_REASON_HEADER, failureReason(error));
    headers.set(DEAD_LETTER_DELIVERIES_HEADER, String(deliveryCount));
    try {
      await this.publish(message, message.data, headers);
    } catch (cause) {
      if (toAppError(cause, 'Copying a dead letter').code !== 'body-too-large') throw cause;
      // A sender may fill the payload to the last byte; without this its message could never be buried.
      headers.set(DEAD_LETTER_BODY_HEADER, 'omitted');
      await this.publish(message, new Uint8Array(0), headers);
    }
    return {
      durable: this.durable.name,
      subject: message.subject,
      streamSequence: message.seq,
      deliveries: deliveryCount,
      code: failureCode(error),
      error,
    };
  }

  /** Replaces the dead letter of a replay that was taken by the note that it was; a second note changes nothing. */
  async markReplayed(message: DeliveredMessage): Promise<void> {
    const headers = placeHeaders(message);
    headers.set(DEAD_LETTER_REPLAYED_HEADER, new Date().toISOString());
    await this.publish(message, new Uint8Array(0), headers);
  }

  private publish(message: DeliveredMessage, body: Uint8Array, headers: MsgHdrs): Promise<unknown> {
    const { info, seq, replay } = message;
    const place = `${this.durable.name}:${info.stream}:${seq}`;
    return this.js.publish(deadLetterSubject(this.durable, info.stream, seq), body, {
      msgID: replay === undefined ? place : `${place}:replay:${replay.seq}`,
      headers,
    });
  }
}
