import type { DeliveryInfo, JsMsg } from '@nats-io/jetstream';
import type { MsgHdrs } from '@nats-io/nats-core';
import { AppError } from '@touchstone/contracts';
import { RELAYED_STREAM_HEADER, RELAYED_SUBJECT_HEADER } from './event-headers.js';

/**
 * The parts of a delivery that consumers use. A replayed dead letter has subject, body, id and place of the message it
 * was, and is settled by its request.
 */
export interface DeliveredMessage extends Pick<
  JsMsg,
  'subject' | 'seq' | 'data' | 'headers' | 'ack' | 'ackAck' | 'nak' | 'term' | 'working'
> {
  readonly info: Pick<DeliveryInfo, 'stream' | 'deliveryCount'>;
  /** The request that brought a dead letter back; undefined for a message of the durable's own stream. */
  readonly replay?: JsMsg;
}

/**
 * The headers of a delivery; nats.js parses them at the first look.
 *
 * @throws AppError `malformed-request` for headers that cannot be parsed, which whoever writes bytes of its own to the
 * server may send
 */
export function headersOf(message: { readonly headers: MsgHdrs | undefined }): MsgHdrs | undefined {
  try {
    return message.headers;
  } catch (error) {
    throw new AppError('malformed-request', 'The headers of the message cannot be parsed.', { cause: error });
  }
}

/**
 * From where the server sent a message on, `<stream> <subject>`, when its publisher did not send it itself. Who may
 * read a stream chooses where the answer goes, and the server asks nobody whether it may go there: what comes this way
 * proves nothing about its publisher.
 */
export function relayedFrom(headers: MsgHdrs | undefined): string | undefined {
  if (!headers?.has(RELAYED_STREAM_HEADER) && !headers?.has(RELAYED_SUBJECT_HEADER)) return undefined;
  return `${headers.get(RELAYED_STREAM_HEADER)} ${headers.get(RELAYED_SUBJECT_HEADER)}`.trim();
}
