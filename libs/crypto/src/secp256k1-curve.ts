/** Plain verification of a compact low-S signature with scalars in range over a 32-byte digest, with one public key. */
export type Secp256k1VerifyWithKey = (digest: Uint8Array, compact: Uint8Array) => boolean;

/**
 * What an implementation of secp256k1 brings. The rule for evidence (lengths, ranges, low-S, verification after
 * signing) stands above it, once for all implementations.
 */
export interface Secp256k1Curve {
  /** Which code runs, for start-up logs and benchmarks. */
  readonly implementation: 'libsecp256k1' | 'noble';
  /** Whether 32 bytes are a scalar in 1…n−1. */
  isPrivateKey(privateKey: Uint8Array): boolean;
  /** Compressed public key, 33 bytes, of a valid private key. */
  publicKey(privateKey: Uint8Array): Uint8Array;
  /** Compact low-S signature with the nonce of RFC 6979 over a 32-byte digest that is not hashed again. */
  sign(digest: Uint8Array, privateKey: Uint8Array): Uint8Array;
  /** Reads a compressed public key of 33 bytes; `undefined` when it is no point of the curve. */
  importPublicKey(publicKey: Uint8Array): Secp256k1VerifyWithKey | undefined;
  /** The same point uncompressed, 65 bytes, of a compressed public key; `undefined` when it is no point of the curve. */
  uncompressed(publicKey: Uint8Array): Uint8Array | undefined;
  /**
   * The public key, uncompressed, that a compact signature with scalars in range was made with; `undefined` when there
   * is none. The bit says which of the two points with that x was the nonce's.
   */
  recoverPublicKey(digest: Uint8Array, compact: Uint8Array, yIsOdd: boolean): Uint8Array | undefined;
}
