import { AppError, type KeystoreEntry } from '@touchstone/contracts';
import { readKeys } from '@touchstone/crypto';

/**
 * The keys of the next key set: those that the signer holds, and those it held before, which end now and stay listed
 * so that what they signed remains verifiable (R-SIGN-5). Every status is the one that the key's times give.
 *
 * @throws AppError `config-invalid` when a new key takes the id of an earlier one, whose evidence would then fail
 * @param listed the keys of the last version
 * @param held the keys that this signer signs with
 */
export function mergeKeys(
  listed: readonly KeystoreEntry[],
  held: readonly KeystoreEntry[],
  nowMs: number,
): KeystoreEntry[] {
  for (const { kid, public_key: publicKey } of held) {
    if (listed.some((entry) => entry.kid === kid && entry.public_key !== publicKey)) {
      throw new AppError(
        'config-invalid',
        `Key id ${kid} belongs to an earlier key; give the new key an id of its own.`,
      );
    }
  }
  const kept = listed
    .filter((entry) => !held.some(({ public_key: publicKey }) => publicKey === entry.public_key))
    .map((entry) => endNow(entry, nowMs));
  return refreshStatuses([...held, ...kept], nowMs);
}

function endNow(entry: KeystoreEntry, nowMs: number): KeystoreEntry {
  return Date.parse(entry.not_after) <= nowMs
    ? entry
    : { ...entry, not_after: new Date(nowMs).toISOString() };
}

/** The same keys with the statuses that their times give now. */
export function refreshStatuses(listed: readonly KeystoreEntry[], nowMs: number): KeystoreEntry[] {
  return listed.map((entry) => withComputedStatus(entry, nowMs));
}

function withComputedStatus(entry: KeystoreEntry, nowMs: number): KeystoreEntry {
  const reading = readKeys([entry], nowMs);
  const contradiction = reading.ok ? reading.refused[0] : undefined;
  return contradiction ? { ...entry, status: contradiction.computed } : entry;
}
