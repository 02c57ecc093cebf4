import {
  canonicalJsonOfParsed,
  type JsonObject,
  type JsonValue,
  parseStrictJson,
} from '@touchstone/canonical-json';
import { BatchError } from './batch-error.js';
import { EVENT_BYTES_MAX, EVENT_DEPTH_MAX, EVENT_ID_BYTES_MAX, SALT_CHARACTERS_MIN } from './limits.js';

/** An event that was read, in the one form that is hashed. */
export interface CanonicalEvent {
  readonly id: string;
  /** RFC 8785. */
  readonly canonical: string;
  /** It has no `salt`, so that whoever guesses its content can see by its hash that the guess is right. */
  readonly guessable: boolean;
}

const LIMITS = { maxBytes: EVENT_BYTES_MAX, maxDepth: EVENT_DEPTH_MAX };
const BYTES_PER_CODE_UNIT_MAX = 3;
const encoder = new TextEncoder();

/**
 * Reads one event as its submitter sent it: a JSON object with an `id`, of any other members.
 *
 * @throws BatchError `event-not-json`, `event-not-an-object`, `event-id` or `too-large`
 */
export function readEvent(text: string): CanonicalEvent {
  const read = parseStrictJson(text, LIMITS);
  if (!read.ok) {
    const { reason, pointer, message } = read.error;
    throw new BatchError(
      reason === 'too-large' ? 'too-large' : 'event-not-json',
      `${reason} at "${pointer}": ${message}`,
    );
  }
  return judged(read.value);
}

/**
 * {@link readEvent} of an event that stood in a larger document, which the strict gate has read.
 *
 * @param value as `parseStrictJson` gives it
 * @throws BatchError `event-not-json` where it is nested too deep, `event-not-an-object`, `event-id` or `too-large`
 */
export function readParsedEvent(value: JsonValue): CanonicalEvent {
  if (isDeeper(value, EVENT_DEPTH_MAX))
    throw new BatchError('event-not-json', `It is nested more than ${EVENT_DEPTH_MAX} levels deep.`);
  return judged(value);
}

function judged(value: JsonValue): CanonicalEvent {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new BatchError('event-not-an-object');
  const canonical = canonicalJsonOfParsed(value);
  // 1e15 has four characters and sixteen digits.
  if (!fits(canonical, EVENT_BYTES_MAX)) throw new BatchError('too-large', 'The canonical form is longer.');
  return { id: idOf(value), canonical, guessable: !hasSalt(value) };
}

function isDeeper(value: JsonValue, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isDeeper(inner, levels - 1));
}

function idOf(event: JsonObject): string {
  const id = Object.hasOwn(event, 'id') ? event['id'] : undefined;
  if (typeof id !== 'string' || id === '' || !fits(id, EVENT_ID_BYTES_MAX)) throw new BatchError('event-id');
  return id;
}

function hasSalt(event: JsonObject): boolean {
  const salt = Object.hasOwn(event, 'salt') ? event['salt'] : undefined;
  return typeof salt === 'string' && salt.length >= SALT_CHARACTERS_MIN;
}

function fits(text: string, bytesMax: number): boolean {
  if (text.length * BYTES_PER_CODE_UNIT_MAX <= bytesMax) return true;
  return text.length <= bytesMax && encoder.encode(text).length <= bytesMax;
}
