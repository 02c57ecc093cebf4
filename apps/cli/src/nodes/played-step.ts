import { canonicalJson } from '@touchstone/canonical-json';
import type { Heartbeat } from '@touchstone/contracts';
import { bytesToHex, sha256 } from '@touchstone/crypto';
import type { Step } from './scenes.js';

/** One thing that was compared. */
export interface Check {
  readonly what: string;
  readonly expected: string;
  readonly actual: string;
  readonly ok: boolean;
}

/** Compares what should be with what is. */
export function check(what: string, expected: string, actual: string): Check {
  return { what, expected, actual, ok: expected === actual };
}

/** The heartbeat of one step. */
export function heartbeatOf(node_id: string, { build, os = 'linux', health }: Step): Heartbeat {
  const message = { node_id, health, ts_utc: new Date().toISOString() };
  if (build === null) return message;
  const capabilities = new TextEncoder().encode(canonicalJson(['heartbeat', `play:${build}`]));
  return {
    ...message,
    attestation: {
      schema: 'attestation_v1',
      build_id: `play-${build}`,
      capability_hash: bytesToHex(sha256(capabilities)),
      runtime: { os, node: process.version },
    },
  };
}
