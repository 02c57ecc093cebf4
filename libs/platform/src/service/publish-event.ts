/** Publishes one encoded event and resolves when the bus stored it; the port between outbox and bus. */
export type PublishEvent = (
  subject: string,
  payload: Uint8Array,
  options: { readonly msgId: string; readonly headers: Readonly<Record<string, string>> },
) => Promise<void>;

/** Injection token of the {@link PublishEvent} that the bus provides and the outbox relay uses. */
export const PUBLISH_EVENT = Symbol('PublishEvent');
