import type { Durable } from '@touchstone/contracts';
import { jetstreamManager, type JsMsg } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import { readCarrier, writeCarrier } from '../carrier.js';
import { toAppError } from '../nats-errors.js';
import { headersOf, relayedFrom, type DeliveredMessage } from './delivered-message.js';
import {
  DEAD_LETTER_BODY_HEADER,
  DEAD_LETTER_RELAYED_HEADER,
  DEAD_LETTER_REPLAYED_HEADER,
  DEAD_LETTER_SEQUENCE_HEADER,
  DEAD_LETTER_STREAM_HEADER,
  DEAD_LETTER_SUBJECT_HEADER,
  KEPT_HEADERS,
  ORIGINAL_ID_HEADER,
} from './event-headers.js';

/** The subject on which the replay of a dead letter is asked for. */
export function replaySubject(deadLetterSubject: string): string {
  return deadLetterSubject.replace(/^dlq\./, 'replay.v1.');
}

/**
 * Reads the dead letter that a request to replay names, as the message it was. Only the service itself may write the
 * subject that is read here, so that a request can bring back what was delivered once and nothing else. What the server
 * put there for somebody else bears its mark and is no dead letter.
 *
 * It is asked for by STREAM.MSG.GET: that answer wraps the message in JSON that fits no event, wherever it is sent,
 * while the answer to a direct get is the message itself.
 *
 * @returns undefined when nothing is left to replay: taken already, too old, without body, or not what was delivered
 * @throws AppError `timeout`, `dependency-unavailable`, `forbidden`
 */
export async function readDeadLetterMessage(
  nc: NatsConnection,
  durable: Durable,
  request: JsMsg,
): Promise<DeliveredMessage | undefined> {
  const place = request.subject.slice(`replay.v1.${durable.service}.${durable.name}.`.length);
  const subject = `dlq.${durable.service}.${durable.name}.${place}`;
  const stored = await read(nc, subject);
  if (stored === null || isRelayed(request) || isRelayed({ headers: stored.header })) return undefined;
  const carrier = readCarrier(stored.header);
  const value = (name: string): string | undefined => carrier[name.toLowerCase()];
  const original = value(DEAD_LETTER_SUBJECT_HEADER);
  const stream = value(DEAD_LETTER_STREAM_HEADER);
  if (original === undefined || stream === undefined) return undefined;
  const barred = [DEAD_LETTER_REPLAYED_HEADER, DEAD_LETTER_BODY_HEADER, DEAD_LETTER_RELAYED_HEADER];
  if (barred.some((name) => value(name) !== undefined)) return undefined;
  const kept = [ORIGINAL_ID_HEADER.toLowerCase(), ...KEPT_HEADERS].flatMap((name) =>
    carrier[name] === undefined ? [] : [[name, carrier[name]] as const],
  );
  return {
    subject: original,
    seq: Number(value(DEAD_LETTER_SEQUENCE_HEADER)),
    data: stored.data,
    headers: writeCarrier(Object.fromEntries(kept)),
    info: { stream, deliveryCount: request.info.deliveryCount },
    replay: request,
    ack: () => request.ack(),
    ackAck: (options) => request.ackAck(options),
    nak: (millis) => request.nak(millis),
    term: (reason) => request.term(reason),
    working: () => request.working(),
  };
}

function isRelayed(message: Pick<JsMsg, 'headers'>): boolean {
  return relayedFrom(headersOf(message)) !== undefined;
}

async function read(nc: NatsConnection, subject: string) {
  try {
    const jsm = await jetstreamManager(nc, { checkAPI: false });
    return await jsm.streams.getMessage('DLQ', { last_by_subj: subject });
  } catch (error) {
    throw toAppError(error, `Reading the dead letter ${subject}`);
  }
}
