import type { EventMessage } from '@touchstone/nats';

/** When the subject of an event came to be, in milliseconds since 1970; `undefined` for events that do not say. */
export function eventTimeMs({ subject, body }: EventMessage): number | undefined {
  switch (subject) {
    case 'evt.v1.inference.output.recorded':
      return Date.parse(body.recordedAt);
    case 'evt.v1.proving.execution.proved':
      return Date.parse(body.provedAt);
    case 'evt.v1.anchor.batch.sealed':
      return Date.parse(body.sealedAt);
    case 'evt.v1.anchor.checkpoint.published':
      return Date.parse(body.publishedAt);
    case 'evt.v1.anchor.anchor.final':
      return Date.parse(body.finalAt);
    default:
      return undefined;
  }
}
