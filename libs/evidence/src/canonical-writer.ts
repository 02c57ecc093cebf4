import type { canonicalJsonOfParsed } from '@touchstone/canonical-json';

/** Writes a canonical form: `canonicalJson`, or `canonicalJsonOfParsed` where the value comes from a text. */
export type CanonicalWriter = typeof canonicalJsonOfParsed;
