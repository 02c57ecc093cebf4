import { canonicalJson, parseStrictJson, type JsonObject, type JsonValue } from '@touchstone/canonical-json';
import { AppError, type SignedBatch } from '@touchstone/contracts';
import { bytesToHex } from '@touchstone/crypto';
import {
  BatchError,
  EVENT_BYTES_MAX,
  eventBatchFormats,
  eventLeaf,
  readParsedEvent,
  type EventBatchFormat,
} from '@touchstone/event-batch';
import { buildEventBundle, bundleText, type EventBatchProof } from '@touchstone/evidence';
import type { KnownKeys } from '../keys/signer-keys.js';
import type { EventLocation, EventQuery, EvidenceStore } from './evidence-store.js';
import { unbuildable, type BuiltBundle, type EvidenceSubject, type Provable } from './evidence-subject.js';
import type { LogTrust } from './own-trust.js';
import { planProofs } from './proof-plan.js';
import { checkEvent } from './self-check.js';

/** An event that is asked for, or brought along by who kept it. */
export type EventQuestion =
  | {
      readonly evidenceId: string;
      readonly event: { readonly eventId: string } | { readonly leaf: Uint8Array };
    }
  | { readonly batchId: string; readonly given: JsonValue };

/** Evidence of events of signed batches. */
export class EventEvidence implements EvidenceSubject<EventQuestion, EventLocation> {
  constructor(
    private readonly store: EvidenceStore,
    private readonly keys: KnownKeys,
    private readonly trust: LogTrust,
  ) {}

  describe(question: EventQuestion): string {
    if ('given' in question) return `the given event of batch ${question.batchId}`;
    const { event } = question;
    const named =
      'eventId' in event ? `event ${JSON.stringify(event.eventId)}` : `leaf ${bytesToHex(event.leaf)}`;
    return `${named} of ${question.evidenceId}`;
  }

  /** What somebody brought along is given back to nobody else. */
  key(question: EventQuestion): string | undefined {
    if ('given' in question) return undefined;
    const { event, evidenceId } = question;
    return 'eventId' in event
      ? `${evidenceId} id ${event.eventId}`
      : `${evidenceId} leaf ${bytesToHex(event.leaf)}`;
  }

  /** @throws AppError `unknown-batch`, `not-found` for an event that is not in it, `event-not-held`, `event-invalid` */
  async locate(question: EventQuestion): Promise<EventLocation> {
    const location = await this.store.locateEvent(queryOf(question));
    if (!location) throw new AppError('unknown-batch', `There is no batch of ${this.describe(question)}.`);
    const { held, sealed, batch } = location;
    if (!('given' in question) && !held)
      throw new AppError(
        'event-not-held',
        `The batch ${location.signed.batchId} was sent as leaves alone. Send the event: POST /v1/evidence {"batchId", "event"}.`,
      );
    if (sealed && !batch)
      throw new AppError('not-found', `The batch does not have ${this.describe(question)}.`);
    return location;
  }

  missing(): undefined {
    return undefined;
  }

  async build(question: EventQuestion, location: Provable<EventLocation>): Promise<BuiltBundle> {
    const { batch, signed } = location;
    const plan = planProofs(location);
    const parts = await this.store.loadEvent(batch, signed.batchId, plan.request);
    if (!parts) return unbuildable('a part is gone');
    try {
      const event = 'given' in question ? (question.given as JsonObject) : storedEvent(parts.subject);
      const text = bundleText(
        buildEventBundle({ event, batch: batchProof(signed), ...plan.assemble(parts) }),
      );
      const keys = await this.keys.with('batchKeys', signed.kid);
      return { text, findings: checkEvent(text, signed, { ...this.trust, keys }) };
    } catch (cause) {
      if (cause instanceof AppError) throw cause;
      return unbuildable('the stored parts make no bundle', cause);
    }
  }
}

function queryOf(question: EventQuestion): EventQuery {
  if ('given' in question)
    return { batch: { batchId: question.batchId }, event: { leaves: leavesOf(question.given) } };
  const { evidenceId, event } = question;
  return {
    batch: { evidenceId },
    event: 'eventId' in event ? event : { leaves: [event.leaf] },
  };
}

/** The leaves that an event has in the formats that take it. */
function leavesOf(event: JsonValue): Uint8Array[] {
  try {
    const { canonical } = readParsedEvent(event);
    return eventBatchFormats.flatMap((format) => leafIn(format, canonical));
  } catch (error) {
    if (!(error instanceof BatchError)) throw error;
    throw new AppError('event-invalid', `${error.reason}: ${error.message}`, {
      details: [{ pointer: '/event', detail: `${error.reason}: ${error.message}` }],
    });
  }
}

function leafIn(format: EventBatchFormat, canonical: string): Uint8Array[] {
  try {
    return [eventLeaf(format, canonical)];
  } catch (error) {
    if (error instanceof BatchError) return [];
    throw error;
  }
}

function storedEvent(text: string | null): JsonObject {
  const read = parseStrictJson(text ?? '', { maxBytes: EVENT_BYTES_MAX });
  if (!read.ok || canonicalJson(read.value) !== text) throw new Error('The event is not as it was stored.');
  return read.value as JsonObject;
}

function batchProof({ format, batchTs, kid, signature }: SignedBatch): EventBatchProof {
  return format === 'event-batch-v1'
    ? { format, batchTs, kid, signature }
    : { format, batchTs, kid, note: signature };
}
