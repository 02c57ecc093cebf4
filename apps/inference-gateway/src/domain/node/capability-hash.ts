import { canonicalBytes } from '@touchstone/canonical-json';
import { bytesToHex, sha256 } from '@touchstone/crypto';

/** `sha256(JCS(capabilities sorted by UTF-8 bytes, duplicates removed))` (R-NODE-2, protocol section 9). */
export function capabilityHash(capabilities: readonly string[]): string {
  const encoder = new TextEncoder();
  const sorted = [...new Set(capabilities)].sort((left, right) =>
    compareBytes(encoder.encode(left), encoder.encode(right)),
  );
  return bytesToHex(sha256(canonicalBytes(sorted)));
}

function compareBytes(left: Uint8Array, right: Uint8Array): number {
  const index = left.findIndex((byte, at) => byte !== right[at]);
  if (index === -1) return left.length - right.length;
  return (left[index] as number) - (right[index] ?? -1);
}
