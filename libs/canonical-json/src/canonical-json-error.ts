/** Why a value has no canonical form; the set is closed. */
export type CanonicalJsonReason =
  'not-json' | 'too-deep' | 'lone-surrogate' | 'number-not-finite' | 'number-out-of-range';

/** Thrown when a value that is to be canonicalised is not JSON, at the place that `pointer` names. */
export class CanonicalJsonError extends Error {
  override readonly name = 'CanonicalJsonError';

  constructor(
    readonly reason: CanonicalJsonReason,
    /** JSON pointer (RFC 6901) of the value; empty for the whole document. */
    readonly pointer: string,
    detail: string,
  ) {
    super(`${detail} at ${JSON.stringify(pointer)}.`);
  }
}
