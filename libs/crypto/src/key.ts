import type { KeystoreEntry, KeyStatus, KeyUse } from '@touchstone/contracts';

/** Signature algorithm of a key: Ed25519 (RFC 8032), or ES256K, which is ECDSA with secp256k1 (RFC 8812). */
export type KeyAlgorithm = KeystoreEntry['alg'];

/** A public key whose encoding, use and times were checked. Times are milliseconds since the epoch. */
export interface Key {
  readonly kid: string;
  readonly alg: KeyAlgorithm;
  readonly use: KeyUse;
  /** Name in C2SP signed notes, for keys that sign notes. */
  readonly name?: string;
  /** 32 bytes (Ed25519) or a compressed point of 33 (ES256K). */
  readonly publicKey: Uint8Array;
  /** The state that the keystore states; it agrees with the computed one at the time the keystore was read for. */
  readonly status: KeyStatus;
  /** First millisecond in which the key signs. */
  readonly notBefore: number;
  /** Last millisecond in which the key signs. */
  readonly notAfter: number;
  /** When the key was retired, not before `notAfter`. */
  readonly retiredAt?: number;
  readonly revokedAt?: number;
  /** From when on the private key may have been in other hands; at most `revokedAt`. */
  readonly compromisedSince?: number;
}

const ALGORITHMS: Readonly<Record<KeyUse, readonly KeyAlgorithm[]>> = {
  output: ['ES256K'],
  'event-batch': ['Ed25519'],
  checkpoint: ['Ed25519'],
  witness: ['Ed25519'],
  device: ['Ed25519', 'ES256K'],
  attestation: ['Ed25519', 'ES256K'],
  receipt: ['Ed25519', 'ES256K'],
  'chain-tx': ['ES256K'],
};

/**
 * Whether keys of an algorithm serve a use. Outputs and transactions are secp256k1, batches and log notes Ed25519
 * (protocol sections 2, 5 and 6); the protocol leaves devices, attestations and receipts free.
 */
export function useMatchesAlg(use: KeyUse, alg: KeyAlgorithm): boolean {
  return ALGORITHMS[use].includes(alg);
}
