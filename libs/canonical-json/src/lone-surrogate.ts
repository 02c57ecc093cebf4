/**
 * A surrogate code unit without its partner. With the `u` flag a well-formed pair is one code point, which this
 * class does not match.
 */
const LONE_SURROGATE = /\p{Surrogate}/u;

/** True when the text has no UTF-8 form, because a surrogate in it stands alone. */
export function hasLoneSurrogate(text: string): boolean {
  return LONE_SURROGATE.test(text);
}
