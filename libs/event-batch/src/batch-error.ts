/**
 * Why events cannot be signed, or a batch does not verify; the set is closed. The sentence says what was found, for a
 * person.
 */
export const batchReasons = {
  // The text.
  'not-utf8': 'The file is not valid UTF-8.',
  'not-json': 'The file is not JSON of the expected shape.',
  'cut-off': 'The file ends too early, or holds fewer events than its leaf_count.',
  'document-shape': 'A member is missing, unknown or of another shape.',
  'too-large': 'A file or an event exceeds a limit.',
  // The events.
  'no-events': 'A batch has at least one event.',
  'too-many-events': 'The batch has more events than a batch may have, or than its leaf_count.',
  'event-not-json': 'An event is not strict JSON (I-JSON).',
  'event-not-an-object': 'An event is not an object; inner nodes of a tree, for one, are none.',
  'event-id': 'An event has no `id` of 1 to 128 bytes.',
  'event-length-64': 'An event has exactly 64 canonical bytes, as two hashes of the tree have; add a salt.',
  'duplicate-leaf': 'An event stands in the batch twice (CVE-2012-2459).',
  'duplicate-id': 'Two events have one id.',
  'out-of-order': 'The events do not stand in the order of their ids (UTF-8 bytes).',
  // What was signed.
  'unknown-format': 'The format is neither event-batch-v1 nor event-batch-v2.',
  algorithm: 'Batches are signed with Ed25519 alone.',
  'root-mismatch': 'The events do not lead to the merkle_root: an event was edited, left out or added.',
  're-dated': 'The times of batch, signature, file name and proof are not the same.',
  'not-of-this-batch': 'Signature and batch differ in format, kid, merkle_root or leaf_count.',
  'batch-time': 'batch_ts is not a time of the form that the format has.',
  'note-shape': 'The signature is not a signed note about this batch.',
  'previous-mismatch': 'The note names another batch before it than the one that stands there.',
  'bad-signature': 'The signature does not verify under the key.',
  // The key.
  'unknown-key': 'The keystore has no key of this kid.',
  'other-use': 'The key is registered for another use than event-batch.',
  'key-status': 'The status that the keystore states contradicts the times of the key.',
  'key-without-name':
    'Version 2 is a signed note, and the keystore gives the key no name that a note can have.',
  'key-not-yet-valid': 'batch_ts lies before not_before of the key.',
  'key-expired': 'batch_ts lies after not_after of the key.',
  'key-retired': 'The key retired: more than seven days have passed since its not_after.',
  'key-revoked': 'The key is revoked.',
  'declared-in-the-future': 'batch_ts lies more than 300 s in the future.',
  // The append-only proof.
  'proof-order': 'The times of the append-only proof do not rise.',
  'proof-chain': 'An entry of the append-only proof does not name the root before it.',
  'proof-regressed': 'The append-only proof lacks a batch that it had, or has another in its place.',
  'copies-differ': 'batch_latest.json or signature.json is not a copy of the newest batch or signature.',
  'not-in-proof': 'The append-only proof does not list this batch as it is.',
} as const satisfies Readonly<Record<string, string>>;

/** A name of {@link batchReasons}. */
export type BatchReason = keyof typeof batchReasons;

/** Thrown when events, a batch or a proof are refused. */
export class BatchError extends Error {
  override readonly name = 'BatchError';

  constructor(
    readonly reason: BatchReason,
    /** Where and what; it repeats nothing of an event but its number. */
    readonly detail?: string,
  ) {
    super(detail === undefined ? batchReasons[reason] : `${batchReasons[reason]} ${detail}`);
  }
}
