import type { DeliveryInfo, JsMsg } from '@nats-io/jetstream';

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
