import { bytesToHex, sha256 } from '@touchstone/crypto';

/** SHA-256 of bytes, lower-case hex. */
export const sha256Hex = (bytes: Uint8Array): string => bytesToHex(sha256(bytes));
