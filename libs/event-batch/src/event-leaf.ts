import { bytesToHex, sha256Text } from '@touchstone/crypto';
import { leafHash } from '@touchstone/merkle';
import { BatchError } from './batch-error.js';
import { EVENT_PREFIX_V2, type EventBatchFormat, formatRules } from './format.js';

/**
 * The leaf of an event, 32 bytes: what a caller sends who keeps its events to itself (protocol section 5).
 *
 * @param canonical the event in canonical form (RFC 8785)
 * @throws BatchError `event-length-64` under version 1
 */
export function eventLeaf(format: EventBatchFormat, canonical: string): Uint8Array {
  return format === 'event-batch-v1'
    ? formatRules[format].leaf(canonical)
    : sha256Text(EVENT_PREFIX_V2 + canonical);
}

/** The hash of a leaf in the tree of its format. */
export function leafInTree(format: EventBatchFormat, leaf: Uint8Array): Uint8Array {
  return format === 'event-batch-v1' ? leaf : leafHash(leaf);
}

/**
 * Root over leaves of 32 bytes that stand in order of their ids.
 *
 * @throws BatchError `no-events`, or `duplicate-leaf` for a leaf that stands there twice
 */
export function rootOfLeaves(format: EventBatchFormat, leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 0) throw new BatchError('no-events');
  refuseRepeated(leaves);
  const accumulator = formatRules[format].root();
  for (const leaf of leaves) accumulator.push(leafInTree(format, leaf));
  return accumulator.root();
}

function refuseRepeated(leaves: readonly Uint8Array[]): void {
  const places = new Map<string, number>();
  for (const [place, leaf] of leaves.entries()) {
    const hex = bytesToHex(leaf);
    const before = places.get(hex);
    if (before !== undefined)
      throw new BatchError('duplicate-leaf', `Events ${before + 1} and ${place + 1}.`);
    places.set(hex, place);
  }
}
