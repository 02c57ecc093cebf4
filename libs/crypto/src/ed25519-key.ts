import { Point } from '@noble/ed25519';
import { ED25519_ELEMENT_BYTES, isCanonicalPoint } from './ed25519-encoding.js';

/** What the registration check says of an Ed25519 public key. */
export type Ed25519KeyCheck =
  'ok' | 'wrong-length' | 'not-canonical' | 'not-on-curve' | 'small-order' | 'torsion-component';

/**
 * Checks an Ed25519 public key before it is registered (protocol section 5).
 *
 * A key of small order lets one signature fit many messages, and a key with a torsion component lets verifiers that
 * multiply by the cofactor and those that do not disagree about the same signature.
 *
 * @returns `'ok'` or why the key is refused; compare with `'ok'`, since every value is truthy
 * @example
 * ```ts
 * import assert from 'node:assert/strict';
 * import { checkEd25519PublicKey, ed25519PublicKey } from '@touchstone/crypto';
 *
 * assert.equal(checkEd25519PublicKey(ed25519PublicKey(new Uint8Array(32).fill(7))), 'ok');
 * assert.equal(checkEd25519PublicKey(new Uint8Array(32)), 'small-order');
 * ```
 */
export function checkEd25519PublicKey(publicKey: Uint8Array): Ed25519KeyCheck {
  if (publicKey.length !== ED25519_ELEMENT_BYTES) return 'wrong-length';
  if (!isCanonicalPoint(publicKey)) return 'not-canonical';
  const point = decodePoint(publicKey);
  if (!point) return 'not-on-curve';
  if (point.isSmallOrder()) return 'small-order';
  return point.isTorsionFree() ? 'ok' : 'torsion-component';
}

function decodePoint(bytes: Uint8Array): Point | undefined {
  try {
    return Point.fromBytes(bytes, false);
  } catch {
    return undefined;
  }
}
