/** Why a note, a key or a checkpoint is refused; the set is closed. */
export type NoteReason =
  | 'too-large'
  | 'not-utf8'
  | 'control-character'
  | 'no-separator'
  | 'no-final-newline'
  | 'signature-line'
  | 'too-many-signatures'
  | 'duplicate-signature'
  | 'key-name'
  | 'key-format'
  | 'key-id-mismatch'
  | 'unsupported-algorithm'
  | 'bad-signature'
  | 'no-known-key'
  | 'no-log-signature'
  | 'not-only-the-log'
  | 'origin'
  | 'tree-size'
  | 'root'
  | 'extension-line'
  | 'timestamp';

/** A refusal of untrusted text. */
export interface NoteRefusal {
  readonly ok: false;
  readonly reason: NoteReason;
}

/** Thrown by writers when they are asked for a note that no reader may accept. */
export class NoteError extends Error {
  override readonly name = 'NoteError';

  constructor(
    readonly reason: NoteReason,
    message: string,
  ) {
    super(message);
  }
}

/** A refusal with its reason. */
export function refuseNote(reason: NoteReason): NoteRefusal {
  return { ok: false, reason };
}
