import { canonicalJson } from '@touchstone/canonical-json';
import { AppError, type KeySet, type ModelCommitment } from '@touchstone/contracts';
import { LOG_ENTRY_BYTES_MAX } from '@touchstone/evidence';

/** An object that stands in the log by itself: a model commitment or a version of the key set. */
export interface ObjectEntry {
  readonly kind: 'commitment' | 'key-set';
  /** The exact bytes of the entry: the canonical form of the object. */
  readonly text: string;
  /** The model that a commitment is about. */
  readonly model?: { readonly modelVersionId: string; readonly modelId: string };
}

/** @throws AppError `validation-failed` when it is longer than an entry may be */
export function commitmentEntry(commitment: ModelCommitment, modelId: string): ObjectEntry {
  const { modelVersionId } = commitment;
  return { kind: 'commitment', text: entryText(commitment), model: { modelVersionId, modelId } };
}

/** @throws AppError `validation-failed` when it is longer than an entry may be */
export function keySetEntry(keySet: KeySet): ObjectEntry {
  return { kind: 'key-set', text: entryText(keySet) };
}

function entryText(value: unknown): string {
  const text = canonicalJson(value);
  const bytes = new TextEncoder().encode(text).length;
  if (bytes > LOG_ENTRY_BYTES_MAX) {
    throw new AppError(
      'validation-failed',
      `A log entry has ${bytes} bytes, at most ${LOG_ENTRY_BYTES_MAX}.`,
    );
  }
  return text;
}
