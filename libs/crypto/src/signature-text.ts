import { decodeDer, encodeDer } from './der.js';
import { COMPACT_SIGNATURE_BYTES } from './ecdsa-scalars.js';
import { bytesToHex, hexToBytes } from './hex.js';

/** How a signature is written; the setting `SIGNATURE_FORMAT`. */
export type SignatureFormat = 'der' | 'compact';

/** A signature that was read from text, or why it was not. */
export type ParsedSignature =
  | { readonly compact: Uint8Array; readonly format: SignatureFormat }
  | { readonly error: 'not-lower-case-hex' | 'not-strict-der' };

/** Longest text: DER of two 33-byte integers. */
const SIGNATURE_CHARACTERS_MAX = 144;

/**
 * Reads the text of an ECDSA signature: 128 lower-case hex characters are compact (r and s), anything else is
 * strict DER (protocol section 2).
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict';
 * import { formatSignature, parseSignature } from '@touchstone/crypto';
 *
 * const compact = new Uint8Array(64).fill(1);
 * assert.deepEqual(parseSignature(formatSignature(compact, 'der')), { compact, format: 'der' });
 * assert.deepEqual(parseSignature('3000'), { error: 'not-strict-der' });
 * ```
 */
export function parseSignature(text: string): ParsedSignature {
  if (text.length > SIGNATURE_CHARACTERS_MAX) return { error: 'not-strict-der' };
  const bytes = hexToBytes(text);
  if (!bytes) return { error: 'not-lower-case-hex' };
  if (bytes.length === COMPACT_SIGNATURE_BYTES) return { compact: bytes, format: 'compact' };
  const compact = decodeDer(bytes);
  return compact ? { compact, format: 'der' } : { error: 'not-strict-der' };
}

/**
 * Writes an ECDSA signature as text. A signature whose DER form has just 64 bytes (about one in 2^50) is written
 * compact, because a reader takes every text of 128 characters for compact.
 *
 * @param compact r and s, 64 bytes
 * @throws RangeError for another length
 */
export function formatSignature(compact: Uint8Array, format: SignatureFormat): string {
  const der = encodeDer(compact);
  return bytesToHex(format === 'compact' || der.length === COMPACT_SIGNATURE_BYTES ? compact : der);
}
