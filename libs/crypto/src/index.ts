export { base64ToBytes, bytesToBase64 } from './base64.js';
export { decodeDer, encodeDer } from './der.js';
export {
  createEcdsaSigner,
  createEcdsaVerifier,
  ecdsaImplementation,
  ecdsaPublicKey,
  ecdsaRecoverPublicKey,
  ecdsaSign,
  ecdsaVerify,
  isEcdsaPublicKey,
  evmAddress,
} from './ecdsa.js';
export { type EcdsaSigner, type EcdsaVerification, type EcdsaVerifier } from './ecdsa-rule.js';
export { normalizeLowS } from './ecdsa-scalars.js';
export {
  createEd25519Signer,
  createEd25519Verifier,
  ed25519PublicKey,
  ed25519Sign,
  ed25519Verify,
} from './ed25519.js';
export { type Ed25519Signer } from './ed25519-curve.js';
export { checkEd25519PublicKey, type Ed25519KeyCheck } from './ed25519-key.js';
export { type Ed25519Verification, type Ed25519Verifier } from './ed25519-rule.js';
export { bytesToHex, hexToBytes } from './hex.js';
export { LeastRecentlyUsed } from './least-recently-used.js';
export { keccak256 } from './keccak256.js';
export { useMatchesAlg, type Key, type KeyAlgorithm } from './key.js';
export {
  checkEvidenceTime,
  CLOCK_SKEW_MAX_MS,
  keyState,
  RETIREMENT_MS,
  type EvidenceTimeCheck,
  type EvidenceTimes,
} from './key-state.js';
export {
  findKey,
  KEYSTORE_KEYS_MAX,
  parseKeystore,
  readKeys,
  withStatusesAt,
  type KeyLookup,
  type KeystoreReading,
  type RefusedKey,
} from './keystore.js';
export { createPkiVerifier, pkiDigest } from './pki-signature.js';
export {
  RSA_EXPONENT_BYTES_MAX,
  RSA_MODULUS_BITS_MAX,
  RSA_MODULUS_BITS_MIN,
  type PkiCurve,
  type PkiHash,
  type PkiPublicKey,
  type PkiVerifier,
} from './pki-signature-rule.js';
export {
  formatSignature,
  parseSignature,
  type ParsedSignature,
  type SignatureFormat,
} from './signature-text.js';
export { parseUtcTime } from './utc-time.js';
export { sha256, sha256Text, sha256TextHex } from '#sha256';
