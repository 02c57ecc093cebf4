import {
  keystoreEntry,
  type ErrorDetail,
  type KeystoreEntry,
  type KeyStatus,
  type KeyUse,
  findingsOf,
  jsonPointer,
} from '@touchstone/contracts';
import { readKey } from './key-reader.js';
import { keyState } from './key-state.js';
import type { Key } from './key.js';

/** Most entries that a keystore may hold. */
export const KEYSTORE_KEYS_MAX = 256;

const KEYSTORE_VERSION = 1;

/** A key that is not used, because its stated status contradicts its times. */
export interface RefusedKey {
  readonly kid: string;
  readonly reason: 'status-contradicts-times';
  readonly stated: KeyStatus;
  readonly computed: KeyStatus;
}

/** The keys of a keystore, or everything that is wrong with it. */
export type KeystoreReading =
  | { readonly ok: true; readonly keys: readonly Key[]; readonly refused: readonly RefusedKey[] }
  | { readonly ok: false; readonly errors: readonly ErrorDetail[] };

/** A key for a use, or why there is none. */
export type KeyLookup = { readonly key: Key } | { readonly reason: 'unknown-key' | 'other-use' };

/**
 * Reads `keystore.json` (protocol section 5) from parsed JSON: `{version: 1, keys: […]}` without any other member.
 * One error refuses the whole keystore; a key whose status contradicts its times is refused alone.
 *
 * @param value parsed JSON, from the strict gate of canonical-json where it comes from outside
 * @param asOf the time that the statuses are compared at, milliseconds since the epoch: the present for a keystore
 *   in use, the `asOf` of a trust file
 * @example
 * ```ts
 * import assert from 'node:assert/strict';
 * import { readFileSync } from 'node:fs';
 * import { findKey, parseKeystore } from '@touchstone/crypto';
 *
 * const { cases } = JSON.parse(readFileSync('libs/evidence/vectors/key-state.json', 'utf8'));
 * const keystore = { version: 1, keys: [cases[0].input.key] };
 * const reading = parseKeystore(keystore, Date.parse('2026-06-01T00:00:00Z'));
 * assert(reading.ok);
 * assert('key' in findKey(reading.keys, 'output-1', 'output'));
 * assert.deepEqual(findKey(reading.keys, 'output-1', 'checkpoint'), { reason: 'other-use' });
 * ```
 */
export function parseKeystore(value: unknown, asOf: number): KeystoreReading {
  if (!isRecord(value)) return refuse('', 'expected an object');
  const errors: ErrorDetail[] = Object.keys(value)
    .filter((member) => member !== 'version' && member !== 'keys')
    .map((member) => ({ pointer: jsonPointer([member]), detail: 'unknown member' }));
  if (value['version'] !== KEYSTORE_VERSION) {
    errors.push({ pointer: '/version', detail: `expected ${KEYSTORE_VERSION}` });
  }
  const entries = value['keys'];
  if (!Array.isArray(entries))
    return { ok: false, errors: [...errors, { pointer: '/keys', detail: 'expected an array' }] };
  // Checked before the entries are looked at, so that a huge file costs nothing.
  if (entries.length > KEYSTORE_KEYS_MAX)
    return refuse('/keys', `expected at most ${KEYSTORE_KEYS_MAX} keys`);
  const reading = parseEntries(entries, asOf);
  if (errors.length === 0) return reading;
  return { ok: false, errors: reading.ok ? errors : [...errors, ...reading.errors] };
}

/**
 * Reads key entries that already fit their schema, for documents that hold keys among other things (trust file, key
 * set). Every key and every key id may occur once.
 *
 * @param asOf as in {@link parseKeystore}
 * @param pointer JSON pointer of the list, for the findings
 */
export function readKeys(
  entries: readonly KeystoreEntry[],
  asOf: number,
  pointer = '/keys',
): KeystoreReading {
  const errors: ErrorDetail[] = [
    ...findRepeated(entries, 'kid', pointer),
    ...findRepeated(entries, 'public_key', pointer),
  ];
  const keys: Key[] = [];
  const refused: RefusedKey[] = [];
  for (const [index, entry] of entries.entries()) {
    const reading = readKey(entry, `${pointer}/${index}`);
    if ('errors' in reading) {
      errors.push(...reading.errors);
      continue;
    }
    const { key } = reading;
    const computed = keyState(key, asOf);
    if (computed === key.status) keys.push(key);
    else refused.push({ kid: key.kid, reason: 'status-contradicts-times', stated: key.status, computed });
  }
  return errors.length > 0 ? { ok: false, errors } : { ok: true, keys, refused };
}

/**
 * The same entries with the statuses that their times give at a time, as a key set states them now and a trust file at
 * its `asOf`. An entry that cannot be read stays as it is.
 */
export function withStatusesAt(entries: readonly KeystoreEntry[], atMs: number): KeystoreEntry[] {
  return entries.map((entry) => {
    const reading = readKeys([entry], atMs);
    const contradiction = reading.ok ? reading.refused[0] : undefined;
    return contradiction ? { ...entry, status: contradiction.computed } : entry;
  });
}

/** Finds the key of an id and makes sure that it is registered for the use: a key has one. */
export function findKey(keys: readonly Key[], kid: string, use: KeyUse): KeyLookup {
  const key = keys.find((candidate) => candidate.kid === kid);
  if (!key) return { reason: 'unknown-key' };
  return key.use === use ? { key } : { reason: 'other-use' };
}

function parseEntries(values: readonly unknown[], asOf: number): KeystoreReading {
  const entries: KeystoreEntry[] = [];
  const errors: ErrorDetail[] = [];
  for (const [index, value] of values.entries()) {
    const parsed = keystoreEntry.safeParse(value);
    if (parsed.success) {
      entries.push(parsed.data);
      continue;
    }
    errors.push(...findingsOf(parsed.error, ['keys', index]));
  }
  return errors.length > 0 ? { ok: false, errors } : readKeys(entries, asOf);
}

/** A second registration of a key would let one signature count for two uses. */
function findRepeated(
  entries: readonly KeystoreEntry[],
  member: 'kid' | 'public_key',
  pointer: string,
): readonly ErrorDetail[] {
  const seen = new Set<string>();
  return entries.flatMap((entry, index) => {
    const repeated = seen.has(entry[member]);
    seen.add(entry[member]);
    return repeated ? [{ pointer: `${pointer}/${index}/${member}`, detail: 'registered before' }] : [];
  });
}

function refuse(pointer: string, detail: string): KeystoreReading {
  return { ok: false, errors: [{ pointer, detail }] };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
