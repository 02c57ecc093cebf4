import { AppError } from '@touchstone/contracts';

/** What is said of a signature or a key that does not hold; each is a reason of its own. */
export type KeyFault =
  | 'signature-missing'
  | 'signature-invalid'
  | 'key-unknown'
  | 'key-of-another-node'
  | 'key-revoked'
  | 'key-replaced'
  | 'nonce-used'
  | 'nonce-unknown'
  | 'nonce-expired';

/** Milliseconds for which a nonce may be signed after it was handed out: sixty heartbeats of 10 s. */
export const NONCE_AGE_MAX_MS = 600_000;

/** A nonce that was handed out. */
export interface Nonce {
  readonly text: string;
  /** In milliseconds since 1970. */
  readonly atMs: number;
}

/** A registered key. */
export interface NodeKey {
  readonly keyId: string;
  readonly state: 'active' | 'replaced' | 'revoked';
  /** What was handed out when it was registered, or when somebody asked. */
  readonly nonce: Nonce;
}

/** Who signed a heartbeat, as far as that can be told without the state of its node. */
export interface SignedBy {
  readonly keyId: string;
  readonly nonce: string;
  /** `null` where the signature is one of a key of the node. */
  readonly fault: 'signature-invalid' | 'key-unknown' | 'key-of-another-node' | null;
}

/** How many nonces a node was handed. */
export function nonceNumber(text: string): number {
  return Number(text.split('.', 1)[0]);
}

/** The nonce after another. */
export function nonceAfter(text: string | null, random: string): string {
  return `${text === null ? 1 : nonceNumber(text) + 1}.${random}`;
}

/** The newer of two nonces of one node. */
export function newerNonce(left: Nonce | null, right: Nonce): Nonce {
  return left !== null && nonceNumber(left.text) >= nonceNumber(right.text) ? left : right;
}

/** What is wrong with a nonce, `null` where it is the one that was handed out last. */
export function nonceFault(nonce: string, expected: Nonce, nowMs: number): KeyFault | null {
  if (nonce !== expected.text)
    return nonceNumber(nonce) < nonceNumber(expected.text) ? 'nonce-used' : 'nonce-unknown';
  return nowMs - expected.atMs > NONCE_AGE_MAX_MS ? 'nonce-expired' : null;
}

/**
 * What speaks against the signature of a heartbeat, or against its absence. A node that ever had a key has to sign, also when its key was
 * revoked: else whoever has its name could go back to what needs no key.
 *
 * @param lastNonce what the last heartbeat of the node was answered with
 */
export function signatureFault(
  signedBy: SignedBy | null,
  keys: readonly NodeKey[],
  lastNonce: Nonce | null,
  nowMs: number,
): KeyFault | null {
  if (signedBy === null) return keys.length === 0 ? null : 'signature-missing';
  if (signedBy.fault !== null) return signedBy.fault;
  const key = keys.find(({ keyId }) => keyId === signedBy.keyId);
  if (key === undefined) return 'key-unknown';
  if (key.state !== 'active') return key.state === 'revoked' ? 'key-revoked' : 'key-replaced';
  return nonceFault(signedBy.nonce, newerNonce(lastNonce, key.nonce), nowMs);
}

const words: Readonly<Record<KeyFault, string>> = {
  'signature-missing': 'The node has a key, and its heartbeats count when they are signed.',
  'signature-invalid': 'The signature is none of this key over this heartbeat.',
  'key-unknown': 'No such key is registered.',
  'key-of-another-node': 'The key is registered for another node.',
  'key-revoked': 'The key was revoked; register another one with a join token.',
  'key-replaced': 'The key was replaced by another one.',
  'nonce-used': 'The nonce was used before; sign the one of the last answer.',
  'nonce-unknown': 'The nonce was never handed out to this node.',
  'nonce-expired': 'The nonce is too old; ask for another one at GET /v1/nodes/{id}/nonce.',
};

/** The refusal: `forbidden` where the key may not do this, `unauthenticated` where something else may be tried. */
export function keyError(fault: KeyFault, pointer = '/signature'): AppError {
  const isFinal = ['key-of-another-node', 'key-revoked', 'key-replaced'].includes(fault);
  return new AppError(isFinal ? 'forbidden' : 'unauthenticated', `${fault}: ${words[fault]}`, {
    details: [{ pointer, detail: fault }],
  });
}
