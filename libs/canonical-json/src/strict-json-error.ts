/** Why a JSON text was refused; the set is closed. */
export type StrictJsonReason =
  | 'too-large'
  | 'not-utf8'
  | 'byte-order-mark'
  | 'syntax'
  | 'too-deep'
  | 'duplicate-key'
  | 'lone-surrogate'
  | 'number-not-finite'
  | 'number-out-of-range';

/** A refusal of the strict parser. */
export interface StrictJsonError {
  readonly reason: StrictJsonReason;
  /** JSON pointer (RFC 6901) of the value being read; empty for the whole document. */
  readonly pointer: string;
  /** What was found and what is expected, for a person. It never repeats the refused text. */
  readonly message: string;
}
