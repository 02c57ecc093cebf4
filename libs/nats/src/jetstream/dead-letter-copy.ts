import { AppError, toProblem, type Durable, type ErrorCode } from '@touchstone/contracts';
import { jetstream, type JetStreamClient, type JsMsg } from '@nats-io/jetstream';
import { headers as createHeaders, type MsgHdrs, type NatsConnection } from '@nats-io/nats-core';
import { readCarrier } from '../carrier.js';
import { toAppError } from '../nats-errors.js';
import {
  DEAD_LETTER_BODY_HEADER,
  DEAD_LETTER_CODE_HEADER,
  DEAD_LETTER_DELIVERIES_HEADER,
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

/** The subject a durable's dead letters are copied to. */
export function deadLetterSubject(durable: Durable): string {
  return `dlq.${durable.service}.${durable.name}`;
}

/** The code a failure is filed under; what is no {@link AppError} is `internal`. */
export function failureCode(error: unknown): ErrorCode {
  return toProblem(error).code;
}

/** True for a failure that delivering again cannot cure. */
export function isPermanent(error: unknown): boolean {
  return error instanceof AppError && !error.retryable;
}

function deadLetterHeaders(message: JsMsg, error: unknown): MsgHdrs {
  const carrier = readCarrier(message.headers);
  const headers = createHeaders();
  headers.set(DEAD_LETTER_SUBJECT_HEADER, message.subject);
  headers.set(DEAD_LETTER_STREAM_HEADER, message.info.stream);
  headers.set(DEAD_LETTER_SEQUENCE_HEADER, String(message.seq));
  headers.set(DEAD_LETTER_CODE_HEADER, failureCode(error));
  headers.set(DEAD_LETTER_DELIVERIES_HEADER, String(message.info.deliveryCount));
  const original = carrier[ORIGINAL_ID_HEADER.toLowerCase()] ?? carrier[MESSAGE_ID_HEADER.toLowerCase()];
  if (original !== undefined) headers.set(ORIGINAL_ID_HEADER, original);
  for (const name of KEPT_HEADERS) {
    const value = carrier[name];
    if (value !== undefined) headers.set(name, value);
  }
  return headers;
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

  /** Copies one message; the id is its place in the stream, so that a second copy is dropped. */
  async copy(message: JsMsg, error: unknown): Promise<DeadLetterNotice> {
    const { deliveryCount } = message.info;
    const headers = deadLetterHeaders(message, error);
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

  private publish(message: JsMsg, body: Uint8Array, headers: MsgHdrs): Promise<unknown> {
    return this.js.publish(deadLetterSubject(this.durable), body, {
      msgID: `${this.durable.name}:${message.info.stream}:${message.seq}`,
      headers,
    });
  }
}
