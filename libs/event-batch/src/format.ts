import { eventBatchFormats, type EventBatchFormat } from '@touchstone/contracts';
import { parseUtcTime, sha256Text } from '@touchstone/crypto';
import {
  EVENT_LENGTH_REFUSED,
  eventBatchRoot,
  leafHash,
  rfc9162Root,
  type RootAccumulator,
} from '@touchstone/merkle';
import { BatchError } from './batch-error.js';

/** Each format stays verifiable; a change of bytes is a new one (R-BATCH-7). */
export { eventBatchFormats, type EventBatchFormat };

/** What is put before an event of version 2 before it is hashed. */
export const EVENT_PREFIX_V2 = 'touchstone.event.v2|';

interface FormatRules {
  readonly time: RegExp;
  /** Digits of the fraction of a second. */
  readonly fractionDigits: 0 | 3;
  /**
   * Hash of the leaf in the tree, 32 bytes, of an event's canonical JSON.
   *
   * @throws BatchError `event-length-64` (version 1)
   */
  readonly leaf: (canonical: string) => Uint8Array;
  readonly root: () => RootAccumulator;
  /** What the log entry of a batch calls its leaves and its tree (protocol section 6). */
  readonly leafFormat: 'event-v1' | 'event-v2';
  readonly treeProfile: 'event-batch-v1' | 'rfc9162-sha256';
}

/** Protocol section 5. */
export const formatRules: Readonly<Record<EventBatchFormat, FormatRules>> = {
  'event-batch-v1': {
    time: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/,
    fractionDigits: 0,
    leaf: leafV1,
    root: eventBatchRoot,
    leafFormat: 'event-v1',
    treeProfile: 'event-batch-v1',
  },
  'event-batch-v2': {
    time: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/,
    fractionDigits: 3,
    leaf: (canonical) => leafHash(sha256Text(EVENT_PREFIX_V2 + canonical)),
    root: rfc9162Root,
    leafFormat: 'event-v2',
    treeProfile: 'rfc9162-sha256',
  },
};

const encoder = new TextEncoder();

/** Version 1 has no prefixes, so that an event of 64 bytes could be an inner node (second pre-image). */
function leafV1(canonical: string): Uint8Array {
  if (canonical.length <= EVENT_LENGTH_REFUSED && encoder.encode(canonical).length === EVENT_LENGTH_REFUSED)
    throw new BatchError('event-length-64');
  return sha256Text(canonical);
}

/** Whether a text names a format. */
export function isEventBatchFormat(text: string): text is EventBatchFormat {
  return (eventBatchFormats as readonly string[]).includes(text);
}

/** Milliseconds since the epoch of a `batch_ts`, or `undefined` where it is none of this format. */
export function readBatchTime(format: EventBatchFormat, text: string): number | undefined {
  return formatRules[format].time.test(text) ? parseUtcTime(text) : undefined;
}

/** The `batch_ts` of a moment, cut to the precision of the format. */
export function formatBatchTime(format: EventBatchFormat, atMs: number): string {
  const text = new Date(atMs).toISOString();
  return formatRules[format].fractionDigits === 3 ? text : `${text.slice(0, 'YYYY-MM-DDTHH:MM:SS'.length)}Z`;
}

/** The format that a `batch_ts` belongs to, by its precision; `undefined` where it is none. */
export function formatOfBatchTime(text: string): EventBatchFormat | undefined {
  return eventBatchFormats.find((format) => readBatchTime(format, text) !== undefined);
}

/** `20251029T120000Z` of `2025-10-29T12:00:00Z`, as file names have it. */
export function batchStamp(batchTs: string): string {
  return batchTs.replaceAll(/[-:.]/g, '');
}

/** The `batch_ts` of a stamp, or `undefined`. */
export function batchTimeOfStamp(stamp: string): string | undefined {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})?Z$/.exec(stamp);
  if (parts === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction] = parts;
  const text = `${year}-${month}-${day}T${hour}:${minute}:${second}${fraction === undefined ? '' : `.${fraction}`}Z`;
  return formatOfBatchTime(text) === undefined ? undefined : text;
}
