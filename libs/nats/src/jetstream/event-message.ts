import { AppError, events, eventSchemas, type EventBody, type EventSubject } from '@touchstone/contracts';
import type { z } from 'zod';
import { readCarrier } from '../carrier.js';
import { parseBody, validate } from '../json-body.js';
import { headersOf, relayedFrom, type DeliveredMessage } from './delivered-message.js';
import { MESSAGE_ID_HEADER, ORIGINAL_ID_HEADER } from './event-headers.js';

/** One delivered event whose body fits the schema of its subject; `subject` tells the type of `body`. */
export type EventMessage<S extends EventSubject = EventSubject> = S extends EventSubject
  ? {
      readonly subject: S;
      readonly body: EventBody<S>;
      /** The id of the first publication (the outbox id); key of the consumer's inbox. */
      readonly msgId: string;
      readonly streamSequence: number;
      /** 1 for the first delivery. */
      readonly deliveryCount: number;
      /** Headers with lower-case names. */
      readonly headers: Readonly<Record<string, string>>;
    }
  : never;

/**
 * The server lets only its publisher publish a subject. A captured service can get round that by having the server
 * answer to the subject, and the answer is marked; or by an answer that a stream keeps under another subject.
 */
function refuseForeign(subject: EventSubject, stream: string, relayed: string | undefined): void {
  if (relayed !== undefined)
    throw new AppError(
      'forbidden',
      `The event ${subject} was sent on by the server (${relayed}), not by its publisher.`,
    );
  if (stream !== events[subject].stream)
    throw new AppError(
      'forbidden',
      `The event ${subject} came from stream ${stream}, expected ${events[subject].stream}.`,
    );
}

function isEventSubject(subject: string): subject is EventSubject {
  return Object.hasOwn(eventSchemas, subject);
}

/**
 * Reads a delivery. A message that was published without an id gets one from its place in the stream.
 *
 * @throws AppError `forbidden` for what did not come from the publisher of the event into its stream, `not-found` for
 * a subject without schema, `malformed-request`, `malformed-json`, `validation-failed`: none of them goes away by
 * delivering again.
 */
export function readEventMessage(message: DeliveredMessage): EventMessage {
  const { subject } = message;
  if (!isEventSubject(subject)) throw new AppError('not-found', `contracts has no event "${subject}".`);
  const received = headersOf(message);
  refuseForeign(subject, message.info.stream, relayedFrom(received));
  const schema: z.ZodType = eventSchemas[subject];
  const body = validate(schema, parseBody(message.data), `The event ${subject}`);
  const headers = readCarrier(received);
  const msgId =
    headers[ORIGINAL_ID_HEADER.toLowerCase()] ??
    headers[MESSAGE_ID_HEADER.toLowerCase()] ??
    `${message.info.stream}:${message.seq}`;
  return {
    subject,
    body,
    msgId,
    streamSequence: message.seq,
    deliveryCount: message.info.deliveryCount,
    headers,
  } as EventMessage;
}
