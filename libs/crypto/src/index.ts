export { base64ToBytes, bytesToBase64 } from './base64.js';
export {
  createEcdsaSigner,
  ecdsaImplementation,
  ecdsaPublicKey,
  ecdsaSign,
  ecdsaVerify,
  isEcdsaPublicKey,
} from './ecdsa.js';
export { type EcdsaSigner, type EcdsaVerification } from './ecdsa-rule.js';
export { normalizeLowS } from './ecdsa-scalars.js';
export { createEd25519Signer, ed25519PublicKey, ed25519Sign, ed25519Verify } from './ed25519.js';
export { type Ed25519Signer } from './ed25519-curve.js';
export { checkEd25519PublicKey, type Ed25519KeyCheck } from './ed25519-key.js';
export { type Ed25519Verification } from './ed25519-rule.js';
export { bytesToHex, hexToBytes } from './hex.js';
export { keccak256 } from './keccak256.js';
export { sha256 } from '#sha256';
