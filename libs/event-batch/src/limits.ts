import { JSON_DEPTH_MAX } from '@touchstone/canonical-json';

/** Most events of one batch. */
export const BATCH_EVENTS_MAX = 1_000_000;

/** Most bytes of one event, as it is sent and in its canonical form. */
export const EVENT_BYTES_MAX = 65_536;

/** Deepest nesting of an event; it stands two levels deep in the file of its batch, which a strict reader takes too. */
export const EVENT_DEPTH_MAX = JSON_DEPTH_MAX - 2;

/** Most bytes of UTF-8 of an event's `id`. */
export const EVENT_ID_BYTES_MAX = 128;

/** Most characters of a batch file beside its events. */
export const BATCH_HEAD_CHARACTERS_MAX = 4_096;

/** Most bytes of a signature file; the signed note of version 2 may carry more lines than one. */
export const SIGNATURE_FILE_BYTES_MAX = 262_144;

/** Most batches of one stream that an append-only proof lists. */
export const PROOF_ENTRIES_MAX = 100_000;

/** Most bytes of an append-only proof. */
export const PROOF_FILE_BYTES_MAX = 33_554_432;

/** Most bytes of a keystore file. */
export const KEYSTORE_FILE_BYTES_MAX = 1_048_576;

/** Fewest characters of a `salt` that nobody guesses: 16 random bytes in base64 without padding. */
export const SALT_CHARACTERS_MIN = 22;
