import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import { reduceDigest } from './ecdsa-scalars.js';
import type { Secp256k1Curve } from './secp256k1-curve.js';
import { secp256k1 as portable } from './secp256k1.portable.js';

/** The part of the binding that is used here. */
interface NativeBinding {
  contextRandomize(seed: Uint8Array): void;
  privateKeyVerify(privateKey: Uint8Array): boolean;
  publicKeyVerify(publicKey: Uint8Array): boolean;
  publicKeyCreate(privateKey: Uint8Array, compressed: true): Uint8Array;
  publicKeyConvert(publicKey: Uint8Array, compressed: false): Uint8Array;
  ecdsaSign(digest: Uint8Array, privateKey: Uint8Array): { signature: Uint8Array };
  ecdsaVerify(compact: Uint8Array, digest: Uint8Array, publicKey: Uint8Array): boolean;
  ecdsaRecover(compact: Uint8Array, recovery: number, digest: Uint8Array, compressed: false): Uint8Array;
}

const BLINDING_SEED_BYTES = 32;

/**
 * Loads libsecp256k1 and falls back to the portable implementation where the package has no binary for the
 * platform. The package's own entry point is avoided: it would fall back to `elliptic`, silently.
 *
 * @param load returns the binding or throws
 */
export function loadSecp256k1(load: () => NativeBinding): Secp256k1Curve {
  let native: NativeBinding;
  try {
    native = load();
  } catch {
    return portable;
  }
  // Blinds the multiplications with the private key against an observer of timing or power.
  native.contextRandomize(randomBytes(BLINDING_SEED_BYTES));
  return {
    implementation: 'libsecp256k1',
    isPrivateKey: (privateKey) => native.privateKeyVerify(privateKey),
    publicKey: (privateKey) => native.publicKeyCreate(privateKey, true),
    sign: (digest, privateKey) => native.ecdsaSign(reduceDigest(digest), privateKey).signature,
    importPublicKey: (publicKey) => {
      if (!native.publicKeyVerify(publicKey)) return undefined;
      // A compressed point costs a square root at every use.
      const point = native.publicKeyConvert(publicKey, false);
      return (digest, compact) => native.ecdsaVerify(compact, digest, point);
    },
    uncompressed: (publicKey) =>
      native.publicKeyVerify(publicKey) ? native.publicKeyConvert(publicKey, false) : undefined,
    recoverPublicKey: (digest, compact, yIsOdd) => {
      try {
        return native.ecdsaRecover(compact, yIsOdd ? 1 : 0, digest, false);
      } catch {
        return undefined;
      }
    },
  };
}

/** secp256k1 by libsecp256k1: constant-time signing and about ten times the speed of the portable implementation. */
export const secp256k1: Secp256k1Curve = loadSecp256k1(
  () => createRequire(import.meta.url)('secp256k1/bindings.js') as NativeBinding,
);
