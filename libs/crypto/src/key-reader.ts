import type { ErrorDetail, KeystoreEntry } from '@touchstone/contracts';
import { isEcdsaPublicKey } from './ecdsa.js';
import { checkEd25519PublicKey } from './ed25519-key.js';
import { hexToBytes } from './hex.js';
import { useMatchesAlg, type Key } from './key.js';
import { parseUtcTime } from './utc-time.js';

/** A C2SP key name: neither empty nor with a space or a plus sign, which separate the parts of a note line. */
const NOTE_KEY_NAME = /^[^\p{White_Space}+]+$/u;

type TimeMember = 'not_before' | 'not_after' | 'retired_at' | 'revoked_at' | 'compromised_since';

/** Collects what is wrong with one entry, each finding at its member. */
class EntryReader {
  readonly errors: ErrorDetail[] = [];

  constructor(
    private readonly entry: KeystoreEntry,
    private readonly pointer: string,
  ) {}

  refuse(member: keyof KeystoreEntry, detail: string): void {
    this.errors.push({ pointer: `${this.pointer}/${member}`, detail });
  }

  time(member: TimeMember): number | undefined {
    const text = this.entry[member];
    if (text === undefined) return undefined;
    const time = parseUtcTime(text);
    if (time === undefined) this.refuse(member, 'expected a time that exists');
    return time;
  }

  publicKey(): Uint8Array {
    const { alg, public_key } = this.entry;
    const bytes = hexToBytes(public_key) ?? new Uint8Array();
    if (alg === 'ES256K') {
      if (!isEcdsaPublicKey(bytes))
        this.refuse('public_key', 'expected a compressed secp256k1 point of 33 bytes');
      return bytes;
    }
    const check = checkEd25519PublicKey(bytes);
    if (check !== 'ok')
      this.refuse('public_key', `expected an Ed25519 public key that may be registered: ${check}`);
    return bytes;
  }
}

/**
 * Checks what the schema of an entry cannot: the key is a point that may be registered, algorithm and use match, the
 * times exist and stand in order.
 *
 * @param entry an entry that fits the schema of keystores
 * @param pointer JSON pointer of the entry, for the findings
 */
export function readKey(
  entry: KeystoreEntry,
  pointer: string,
): { key: Key } | { errors: readonly ErrorDetail[] } {
  const reader = new EntryReader(entry, pointer);
  const publicKey = reader.publicKey();
  if (!useMatchesAlg(entry.use, entry.alg))
    reader.refuse('alg', `${entry.alg} does not serve the use ${entry.use}`);
  if (entry.name !== undefined && !NOTE_KEY_NAME.test(entry.name)) {
    reader.refuse('name', 'expected a name without white space and plus signs');
  }
  // A time that is missing or unreadable takes part in no comparison, as NaN.
  const time = (member: TimeMember): number => reader.time(member) ?? Number.NaN;
  const notBefore = time('not_before');
  const notAfter = time('not_after');
  const retiredAt = time('retired_at');
  const revokedAt = time('revoked_at');
  const compromisedSince = time('compromised_since');
  if (notAfter < notBefore) reader.refuse('not_after', 'expected a time not before not_before');
  if (retiredAt < notAfter) {
    reader.refuse(
      'retired_at',
      'expected a time not before not_after; set not_after to the last moment of signing',
    );
  }
  if (entry.compromised_since !== undefined && entry.revoked_at === undefined) {
    reader.refuse('compromised_since', 'expected revoked_at beside it');
  }
  if (compromisedSince > revokedAt)
    reader.refuse('compromised_since', 'expected a time not after revoked_at');
  if (reader.errors.length > 0) return { errors: reader.errors };
  return {
    key: {
      kid: entry.kid,
      alg: entry.alg,
      use: entry.use,
      ...(entry.name === undefined ? {} : { name: entry.name }),
      publicKey,
      status: entry.status,
      notBefore,
      notAfter,
      ...(entry.retired_at === undefined ? {} : { retiredAt }),
      ...(entry.revoked_at === undefined ? {} : { revokedAt }),
      ...(entry.compromised_since === undefined ? {} : { compromisedSince }),
    },
  };
}
