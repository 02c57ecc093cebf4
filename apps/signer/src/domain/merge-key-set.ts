import { AppError, type KeyStatus, type KeystoreEntry, type KeyUse } from '@touchstone/contracts';
import { withStatusesAt } from '@touchstone/crypto';

/**
 * How long a replaced key still signs: replicas that hold it run on beside the one that replaces it. Longer than a
 * replica relies on what it read of the key set, with clocks that differ, so that each learns of the end before it comes.
 */
export const KEY_OVERLAP_MS = 15 * 60_000;

/** Uses whose evidence is judged by the times of the key. */
const USES_WITH_TIMES: readonly KeyUse[] = ['output', 'event-batch'];

const ORDER: readonly KeyStatus[] = ['pending', 'active', 'retiring', 'retired', 'revoked'];

/**
 * The keys of the next key set: those that the signer holds, and those held before, which stay listed so that what
 * they signed remains verifiable (R-SIGN-5). A key ends {@link KEY_OVERLAP_MS} after a signer started with another one
 * for the same purpose. A signer that starts with the replaced key once more takes nothing back: neither does its key
 * live longer nor the new one end. Every status is the one that the key's times give. A key is valid from its publication on, in whole
 * seconds, so that nothing can be signed for a time in which it did not exist; a time that was published never changes.
 *
 * @param listed the keys of the last version
 * @param held the keys that this signer signs with
 * @throws AppError `config-invalid` when a new key takes the id of an earlier one, whose evidence would then fail, when a key was
 * published for another use, and when a key whose evidence rests on its times was replaced and has ended
 */
export function mergeKeys(
  listed: readonly KeystoreEntry[],
  held: readonly KeystoreEntry[],
  nowMs: number,
): KeystoreEntry[] {
  const forced = held.map((entry) => inForce(entry, listed, nowMs));
  const own = forced.map(({ entry }) => entry);
  const successors = forced.filter(({ isReplaced }) => !isReplaced).map(({ entry }) => entry);
  const kept = listed
    .filter((entry) => !held.some(({ public_key: publicKey }) => publicKey === entry.public_key))
    .map((entry) => (successors.some((other) => servesLike(other, entry)) ? endSoon(entry, nowMs) : entry));
  return advanceStatuses([...own, ...kept], listed, nowMs);
}

/**
 * The keys with the statuses of now. One that is further already stays so: replicas whose clocks differ would write
 * versions against each other around the moment of the change.
 *
 * @param listed the keys of the last version
 */
export function advanceStatuses(
  keys: readonly KeystoreEntry[],
  listed: readonly KeystoreEntry[],
  nowMs: number,
): KeystoreEntry[] {
  return withStatusesAt(keys, nowMs).map((entry) => {
    const before = listed.find(({ kid, not_after: end }) => kid === entry.kid && end === entry.not_after);
    return before && ORDER.indexOf(before.status) > ORDER.indexOf(entry.status)
      ? { ...entry, status: before.status }
      : entry;
  });
}

/** A held key as it is to be listed: with its times, or as it was listed before where another one replaced it. */
function inForce(
  entry: KeystoreEntry,
  listed: readonly KeystoreEntry[],
  nowMs: number,
): { readonly entry: KeystoreEntry; readonly isReplaced: boolean } {
  if (listed.some(({ kid, public_key: publicKey }) => kid === entry.kid && publicKey !== entry.public_key))
    throw new AppError(
      'config-invalid',
      `Key id ${entry.kid} belongs to an earlier key; give the new key an id of its own.`,
    );
  const before = listed.find(({ public_key: publicKey }) => publicKey === entry.public_key);
  if (before === undefined) return { entry: { ...entry, not_before: wholeSecond(nowMs) }, isReplaced: false };
  if (before.use !== entry.use)
    throw new AppError(
      'config-invalid',
      `Key ${before.kid} was published for the use ${before.use}; make another key for ${entry.use}.`,
    );
  const goesOn = { ...entry, not_before: before.not_before };
  if (Date.parse(before.not_after) >= Date.parse(entry.not_after))
    return { entry: goesOn, isReplaced: false };
  if (Date.parse(before.not_after) > nowMs) return { entry: before, isReplaced: true };
  if (USES_WITH_TIMES.includes(entry.use))
    throw new AppError(
      'config-invalid',
      `Key ${entry.kid} was replaced and ended at ${before.not_after}; start the signer with the key that replaced it, or with a new one.`,
    );
  // No evidence rests on the times of the other keys: who goes back to one of them may.
  return { entry: goesOn, isReplaced: false };
}

/** Outputs declare whole seconds, and one of this second must not be older than the key. */
function wholeSecond(ms: number): string {
  return `${new Date(Math.floor(ms / 1_000) * 1_000).toISOString().slice(0, 19)}Z`;
}

function servesLike(one: KeystoreEntry, other: KeystoreEntry): boolean {
  return one.use === other.use && one.name === other.name;
}

function endSoon(entry: KeystoreEntry, nowMs: number): KeystoreEntry {
  const endMs = nowMs + KEY_OVERLAP_MS;
  return Date.parse(entry.not_after) <= endMs
    ? entry
    : { ...entry, not_after: new Date(endMs).toISOString() };
}
