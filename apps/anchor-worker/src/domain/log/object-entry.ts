import { canonicalJson } from '@touchstone/canonical-json';
import { AppError, type KeySet, type ModelCommitment, type SetUpPublished } from '@touchstone/contracts';
import { LOG_ENTRY_BYTES_MAX } from '@touchstone/evidence';

/** An object that stands in the log by itself: a model commitment, a version of the key set, or what is said of a set-up of keys. */
export interface ObjectEntry {
  readonly kind: 'commitment' | 'key-set' | 'set-up';
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

/** @throws AppError `validation-failed` when it is longer than an entry may be */
export function setUpStatementEntry(statement: SetUpPublished['statement']): ObjectEntry {
  return { kind: 'set-up', text: entryText(statement) };
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
