/** Verifies a 64-byte signature over a message with one public key. */
export type Ed25519VerifyWithKey = (message: Uint8Array, signature: Uint8Array) => boolean;

/** A seed that was read once and signs many messages. */
export interface Ed25519Signer {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  /**
   * Signs a message (PureEdDSA, RFC 8032 section 5.1.6).
   *
   * @returns R and S, 64 bytes
   */
  sign(message: Uint8Array): Uint8Array;
}

/**
 * What an implementation of Ed25519 brings. The rule for evidence (key check, canonical R and S, verification after
 * signing) stands above it, once for all implementations.
 */
export interface Ed25519Curve {
  readonly implementation: 'openssl' | 'noble';
  /** Reads a seed of 32 bytes. */
  importSeed(seed: Uint8Array): Ed25519Signer;
  /** Reads a public key that passed the registration check. */
  importPublicKey(publicKey: Uint8Array): Ed25519VerifyWithKey;
}
