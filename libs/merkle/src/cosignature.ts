import { ED25519_SIGNATURE_BYTES, type Ed25519Sign, type Ed25519Verify } from './ed25519-note.js';
import { NoteError } from './note-error.js';
import type { NoteKey } from './note-key.js';
import type { NoteSigner } from './note-signing.js';
import type { NoteVerifier } from './note-verification.js';

const TIMESTAMP_BYTES = 8;
const TIMESTAMP_MAX = (1n << 63n) - 1n;

/**
 * Reads the time of a cosignature, Unix seconds, or answers `undefined` when the bytes are not a cosignature:
 * `be64(timestamp) || Ed25519 signature`, timestamp up to 2^63 − 1 (C2SP tlog-cosignature).
 */
export function cosignatureTimestamp(signature: Uint8Array): bigint | undefined {
  if (signature.length !== TIMESTAMP_BYTES + ED25519_SIGNATURE_BYTES) return undefined;
  const timestamp = new DataView(signature.buffer, signature.byteOffset).getBigUint64(0);
  return timestamp <= TIMESTAMP_MAX ? timestamp : undefined;
}

/**
 * Verifier of a witness's cosignatures, type 0x04 (C2SP tlog-cosignature, `cosignature/v1`).
 *
 * @throws NoteError `unsupported-algorithm` when the key is of another type
 */
export function cosignatureVerifier(key: NoteKey, verify: Ed25519Verify): NoteVerifier {
  requireCosignature(key);
  return {
    name: key.name,
    keyId: key.keyId,
    verify: (text, signature) => {
      const timestamp = cosignatureTimestamp(signature);
      if (timestamp === undefined) return false;
      return verify(cosignedMessage(text, timestamp), signature.subarray(TIMESTAMP_BYTES), key.publicKey);
    },
  };
}

/**
 * Signer of cosignatures at the given time.
 *
 * @param timestamp Unix seconds, 0 to 2^63 − 1
 * @throws NoteError `unsupported-algorithm` or `timestamp`
 */
export function cosignatureSigner(key: NoteKey, sign: Ed25519Sign, timestamp: bigint): NoteSigner {
  requireCosignature(key);
  if (timestamp < 0n || timestamp > TIMESTAMP_MAX) {
    throw new NoteError('timestamp', `The time ${timestamp} does not fit into a cosignature.`);
  }
  return {
    name: key.name,
    keyId: key.keyId,
    sign: async (text) => {
      const signed = new Uint8Array(TIMESTAMP_BYTES + ED25519_SIGNATURE_BYTES);
      new DataView(signed.buffer).setBigUint64(0, timestamp);
      signed.set(await sign(cosignedMessage(text, timestamp)), TIMESTAMP_BYTES);
      return signed;
    },
  };
}

function cosignedMessage(text: string, timestamp: bigint): Uint8Array {
  return new TextEncoder().encode(`cosignature/v1\ntime ${timestamp}\n${text}`);
}

function requireCosignature(key: NoteKey): void {
  if (key.algorithm !== 'cosignatureV1') {
    throw new NoteError(
      'unsupported-algorithm',
      `The key ${key.name} makes note signatures, not cosignatures.`,
    );
  }
}
