import { bytesToHex } from '@touchstone/crypto';
import { batchEntryText } from '@touchstone/evidence';
import { leafHash, merkleRoot } from '@touchstone/merkle';

/** What a batch is made of. */
export interface BatchParts {
  /** UUIDv7. */
  readonly batchId: string;
  readonly modelVersionId: string;
  /** Leaves of outputs in the order in which they were accepted, 32 bytes each; at least one. */
  readonly leaves: readonly Uint8Array[];
  readonly sealedAtMs: number;
  readonly nodeId: string;
}

/** A batch that can take its place in the log. */
export interface Batch extends BatchParts {
  /** Root of the RFC 9162 tree over the leaves, 32 bytes. */
  readonly root: Uint8Array;
  /** Exact text of the log entry (protocol section 6). */
  readonly entry: string;
  /** RFC 3339 with milliseconds. */
  readonly sealedAt: string;
}

/** Builds tree and log entry of a batch of outputs. */
export function buildBatch(parts: BatchParts): Batch {
  const root = merkleRoot(parts.leaves.map(leafHash));
  const sealedAt = new Date(parts.sealedAtMs).toISOString();
  const entry = batchEntryText({
    type: 'touchstone.batch.v1',
    batchId: parts.batchId,
    kind: 'output',
    leafFormat: 'model-output-v1',
    treeProfile: 'rfc9162-sha256',
    leafCount: parts.leaves.length,
    root: bytesToHex(root),
    scope: { modelVersionId: parts.modelVersionId },
    sealedAt,
    nodeId: parts.nodeId,
    signature: null,
  });
  return { ...parts, root, entry, sealedAt };
}
