import { canonicalBytes } from '@touchstone/canonical-json';
import { bytesToHex, sha256 } from '@touchstone/crypto';

const encoder = new TextEncoder();

/**
 * The hash that a node states for what it can do: `sha256(JCS(capabilities sorted by UTF-8 bytes, duplicates
 * removed))` (R-NODE-2, protocol section 9).
 *
 * @returns 32 bytes as lower-case hex
 */
export function capabilityHash(capabilities: readonly string[]): string {
  const sorted = [...new Set(capabilities)]
    .map((text) => ({ text, bytes: encoder.encode(text) }))
    .sort((left, right) => compareBytes(left.bytes, right.bytes))
    .map(({ text }) => text);
  return bytesToHex(sha256(canonicalBytes(sorted)));
}

function compareBytes(left: Uint8Array, right: Uint8Array): number {
  for (const [index, byte] of left.entries()) {
    const difference = byte - (right[index] ?? -1);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}
