import { canonicalJson } from '@touchstone/canonical-json';
import { bytesToHex, sha256 } from '@touchstone/crypto';
import type { AttestedBuild } from './node.js';

/** Build and capabilities: what drift and flip-flop are about, and what is right or wrong for a node. */
export type Build = Pick<AttestedBuild, 'buildId' | 'capabilityHash'>;

/** Hexadecimal digits of a fingerprint: 128 bits, so that no node makes two that are equal. */
const FINGERPRINT_DIGITS = 32;

/** Whether two attestations name one build with one set of capabilities. */
export function isSameBuild(left: Build, right: Build): boolean {
  return left.buildId === right.buildId && left.capabilityHash === right.capabilityHash;
}

/** Equal exactly for attestations of one build. */
export function buildFingerprint({ buildId, capabilityHash }: Build): string {
  return fingerprint([buildId, capabilityHash]);
}

/** Equal exactly for equal values. */
export function fingerprint(value: Parameters<typeof canonicalJson>[0]): string {
  return bytesToHex(sha256(new TextEncoder().encode(canonicalJson(value)))).slice(0, FINGERPRINT_DIGITS);
}
