import { bytesToHex, ecdsaRecoverPublicKey, evmAddress, hexToBytes, normalizeLowS } from '@touchstone/crypto';
import type { Hex } from 'viem';

/** Bytes of r and s; v follows. */
const COMPACT_BYTES = 64;
const SIGNATURE_BYTES = COMPACT_BYTES + 1;
/** v as contracts take it, and as some wallets write it. */
const Y_PARITY: Readonly<Record<number, boolean>> = { 0: false, 1: true, 27: false, 28: true };

/**
 * The address of the plain account that signed a digest, as the EVM's `ecrecover` finds it; `undefined` when a
 * signature of 65 bytes gives none. By libsecp256k1, since JavaScript takes twenty times as long.
 *
 * @returns lower-case hex with `0x`
 */
export function recoverSigner(digest: Hex, signature: Hex): Hex | undefined {
  const bytes = hexToBytes(signature.slice(2).toLowerCase(), SIGNATURE_BYTES);
  const message = hexToBytes(digest.slice(2), 32);
  const yIsOdd = bytes && Y_PARITY[Number(bytes[COMPACT_BYTES])];
  if (bytes === undefined || message === undefined || yIsOdd === undefined) return undefined;
  const point = ecdsaRecoverPublicKey(message, bytes.subarray(0, COMPACT_BYTES), yIsOdd);
  return point && evmAddress(point);
}

/** Whether a signature of 65 bytes is the twin with the high s, which anybody can make of the low one. */
export function isHighS(signature: Hex): boolean {
  const bytes = hexToBytes(signature.slice(2).toLowerCase(), SIGNATURE_BYTES);
  if (bytes === undefined) return false;
  const compact = bytes.subarray(0, COMPACT_BYTES);
  const low = normalizeLowS(compact);
  return low !== undefined && bytesToHex(low) !== bytesToHex(compact);
}
