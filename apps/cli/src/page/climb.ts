import { bytesToHex, hexToBytes } from '@touchstone/crypto';
import { formatRules, readParsedEvent } from '@touchstone/event-batch';
import {
  isEventBundle,
  outputLeaf,
  readCheckpoint,
  type EvidenceBundle,
  type LogProof,
} from '@touchstone/evidence';
import { eventNodeHash, leafHash, leafHashOfText, nodeHash, toPositionedPath } from '@touchstone/merkle';

/** One level of a way from a leaf to a root: the sibling, its side, and the hash of both together. */
export interface ClimbStep {
  readonly sibling: string;
  readonly side: 'L' | 'R';
  readonly parent: string;
}

/** A way from a leaf to the root that the bundle claims. */
export interface Climb {
  readonly leaf: string;
  readonly steps: readonly ClimbStep[];
  /** The root that the bundle claims; the last parent when the proof holds. */
  readonly root: string;
}

/** The way of the signed output, or of the event, to the root of its batch; `undefined` when it cannot be computed. */
export function batchClimb(bundle: EvidenceBundle): Climb | undefined {
  const { path, rootHex } = bundle.inclusion;
  try {
    if (!isEventBundle(bundle)) return climb(leafHash(outputLeaf(bundle.subject.proof)), path, rootHex);
    const { leaf, treeProfile } = formatRules[bundle.batch.format];
    const hash = leaf(readParsedEvent(bundle.subject.event).canonical);
    return climb(hash, path, rootHex, treeProfile === 'event-batch-v1' ? eventNodeHash : nodeHash);
  } catch {
    return undefined;
  }
}

/** The way of the log entry to the root of a checkpoint; `undefined` when it cannot be computed. */
export function logClimb(entry: string, proof: LogProof): Climb | undefined {
  const checkpoint = readCheckpoint(proof.checkpoint);
  if (!checkpoint) return undefined;
  try {
    const path = toPositionedPath(
      proof.path.map((hash) => hexToBytes(hash, 32) as Uint8Array),
      BigInt(proof.leafIndex),
      BigInt(proof.treeSize),
    );
    return climb(leafHashOfText(entry), path, bytesToHex(checkpoint.root));
  } catch {
    // The index does not belong into the tree; the verification says so.
    return undefined;
  }
}

function climb(
  leaf: Uint8Array,
  path: readonly { readonly hash: string; readonly pos: 'L' | 'R' }[],
  root: string,
  parentOf: (left: Uint8Array, right: Uint8Array) => Uint8Array = nodeHash,
): Climb {
  let current = leaf;
  const steps = path.map(({ hash, pos }): ClimbStep => {
    const sibling = hexToBytes(hash, 32) as Uint8Array;
    current = pos === 'L' ? parentOf(sibling, current) : parentOf(current, sibling);
    return { sibling: hash, side: pos, parent: bytesToHex(current) };
  });
  return { leaf: bytesToHex(leaf), steps, root };
}
