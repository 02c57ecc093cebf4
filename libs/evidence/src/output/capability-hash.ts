import { canonicalJson, compareUtf8 } from '@touchstone/canonical-json';
import { sha256TextHex } from '@touchstone/crypto';

/**
 * The hash that a node states for what it can do: `sha256(JCS(capabilities sorted by UTF-8 bytes, duplicates
 * removed))` (R-NODE-2, protocol section 9).
 *
 * @returns 32 bytes as lower-case hex
 * @example
 * ```ts
 * import assert from 'node:assert/strict';
 * import { capabilityHash } from '@touchstone/evidence';
 *
 * assert.equal(capabilityHash(['onnx', 'fp16', 'onnx']), capabilityHash(['fp16', 'onnx']));
 * ```
 */
export function capabilityHash(capabilities: readonly string[]): string {
  return sha256TextHex(canonicalJson([...new Set(capabilities)].sort(compareUtf8)));
}
