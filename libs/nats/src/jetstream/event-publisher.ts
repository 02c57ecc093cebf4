import {
  AppError,
  events,
  eventSchemas,
  type ErrorCode,
  type EventBody,
  type EventSubject,
} from '@touchstone/contracts';
import { jetstream, type JetStreamClient } from '@nats-io/jetstream';
import { delay, type NatsConnection } from '@nats-io/nats-core';
import type { EventReceipt } from '@touchstone/platform/wiring';
import type { z } from 'zod';
import { writeCarrier } from '../carrier.js';
import { assertFits, encodeJson, validate } from '../json-body.js';
import { isNoResponders, isTimeout, toAppError } from '../nats-errors.js';
import { noMetrics, processTracing, secondsSince, type MeshMetrics, type MeshTracing } from '../observer.js';

/** Milliseconds to wait for one acknowledgement of the stream. */
export const PUBLISH_TIMEOUT_MS = 5_000;
/** Attempts of one publication; all carry the same message id, so that the stream keeps one. */
export const PUBLISH_ATTEMPTS_MAX = 3;
/** Milliseconds before the second attempt; doubles with each. */
export const PUBLISH_RETRY_MS = 250;

/** What {@link EventPublisher} needs. */
export interface EventPublisherOptions {
  readonly nc: NatsConnection;
  readonly metrics?: MeshMetrics;
  readonly tracing?: MeshTracing;
  readonly timeoutMs?: number;
  readonly attemptsMax?: number;
}

/** What goes with an event. */
export interface PublishOptions {
  /** The id by which the stream drops a second copy: the outbox id. */
  readonly msgId: string;
  /** Further headers, for example the stored `traceparent`; it wins over the running span. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** The stream's acknowledgement: the event is stored. */
export interface PublishReceipt {
  readonly stream: string;
  readonly streamSequence: number;
  /** True when the stream already held a message with this id. */
  readonly duplicate: boolean;
}

/**
 * Publishes events into their stream. It resolves when the stream has acknowledged, so many publications may
 * wait at the same time; it is the publish port of the outbox relay.
 */
export class EventPublisher {
  private readonly js: JetStreamClient;
  private readonly metrics: MeshMetrics;
  private readonly tracing: MeshTracing;

  constructor(private readonly options: EventPublisherOptions) {
    this.js = jetstream(options.nc, { checkAPI: false });
    this.metrics = options.metrics ?? noMetrics;
    this.tracing = options.tracing ?? processTracing;
  }

  /**
   * Publishes one event. An object is validated and encoded here; bytes are sent as they are, because the
   * outbox stored them after validation.
   *
   * @throws AppError `validation-failed`, `body-too-large`, `forbidden` (not this service's event), `timeout` or
   * `dependency-unavailable` (also when the stream is full): the event may or may not be stored, publish it
   * again with the same id.
   */
  async publish<S extends EventSubject>(
    subject: S,
    body: EventBody<S> | Uint8Array,
    options: PublishOptions,
  ): Promise<PublishReceipt> {
    const startedAt = performance.now();
    let result: 'ok' | 'duplicate' | ErrorCode = 'ok';
    try {
      const receipt = await this.traced(subject, this.encode(subject, body), options);
      if (receipt.duplicate) result = 'duplicate';
      return receipt;
    } catch (error) {
      const known = toAppError(error, `Publishing ${subject}`);
      result = known.code;
      throw known;
    } finally {
      this.metrics.eventPublished({ subject, result }, secondsSince(startedAt));
    }
  }

  /**
   * Publishes a stored row of an outbox; the relay's publish port.
   *
   * @throws AppError as `publish`, and `config-invalid` for a subject that contracts does not list.
   */
  readonly publishStored = async (
    subject: string,
    payload: Uint8Array,
    options: PublishOptions,
  ): Promise<EventReceipt> => {
    if (!isEventSubject(subject))
      throw new AppError('config-invalid', `contracts has no event "${subject}".`);
    const { stream, streamSequence, duplicate } = await this.publish(subject, payload, options);
    return { stream, sequence: streamSequence, duplicate };
  };

  private encode(subject: EventSubject, body: unknown): Uint8Array {
    const schema: z.ZodType = eventSchemas[subject];
    const bytes =
      body instanceof Uint8Array ? body : encodeJson(validate(schema, body, `The event ${subject}`));
    assertFits(bytes, this.options.nc.info?.max_payload, `The event ${subject}`);
    return bytes;
  }

  /** A stored `traceparent` names the request that caused the event; what is sent names the publication below it. */
  private traced(
    subject: EventSubject,
    payload: Uint8Array,
    options: PublishOptions,
  ): Promise<PublishReceipt> {
    const { headers = {}, ...rest } = options;
    if (!this.tracing.isRecording() || headers['traceparent'] === undefined)
      return this.send(subject, payload, options);
    const { traceparent: _parent, tracestate: _state, ...others } = headers;
    return this.tracing.runWithRemote(
      headers,
      `publish ${subject}`,
      () => this.send(subject, payload, { ...rest, headers: others }),
      'producer',
    );
  }

  private async send(
    subject: EventSubject,
    payload: Uint8Array,
    options: PublishOptions,
  ): Promise<PublishReceipt> {
    const carrier: Record<string, string> = {};
    this.tracing.inject(carrier);
    const headers = writeCarrier({ ...carrier, ...options.headers });
    const attemptsMax = this.options.attemptsMax ?? PUBLISH_ATTEMPTS_MAX;
    for (let attempt = 1; ; attempt += 1) {
      try {
        const ack = await this.js.publish(subject, payload, {
          msgID: options.msgId,
          headers,
          timeout: this.options.timeoutMs ?? PUBLISH_TIMEOUT_MS,
        });
        const { stream } = events[subject];
        if (ack.stream !== stream) {
          throw new AppError(
            'dependency-unavailable',
            `${subject} went to stream ${ack.stream} instead of ${stream}: run nats-provision.`,
          );
        }
        return { stream, streamSequence: ack.seq, duplicate: ack.duplicate };
      } catch (error) {
        if (attempt >= attemptsMax || !(isTimeout(error) || isNoResponders(error))) throw error;
        await delay(PUBLISH_RETRY_MS * 2 ** (attempt - 1));
      }
    }
  }
}

function isEventSubject(subject: string): subject is EventSubject {
  return Object.hasOwn(events, subject);
}
