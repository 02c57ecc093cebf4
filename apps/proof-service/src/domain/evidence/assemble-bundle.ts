import { outputRecorded, type OutputRecorded } from '@touchstone/contracts';
import { bytesToHex } from '@touchstone/crypto';
import {
  buildBundle,
  bundleText,
  parseBatchEntry,
  type Anchor,
  type EvidenceBundle,
} from '@touchstone/evidence';
import { inclusionNodes, toPositionedPath } from '@touchstone/merkle';
import { pathInTree } from '../batch/stored-tree.js';
import type { EvidenceParts, EvidenceRequest, StoredAnchor } from './evidence-store.js';

/** A location whose bundle can be made. */
export interface ProvableLocation {
  readonly verificationId: string;
  readonly commitmentHash: string;
  readonly batch: { readonly logIndex: bigint; readonly leafIndex: number; readonly leafCount: number };
  readonly checkpoint: {
    readonly commitment: string;
    readonly size: bigint;
    readonly anchorIds: readonly string[];
  };
}

/** A bundle before its verification, with the record that it is made of. */
export interface AssembledBundle {
  readonly text: string;
  readonly record: OutputRecorded;
}

/** What has to be read, and how the parts become a bundle. */
export function planBundle(location: ProvableLocation): {
  readonly request: EvidenceRequest;
  /** Throws on parts that do not fit; they were changed after they were stored. */
  assemble(parts: EvidenceParts): AssembledBundle;
} {
  const { verificationId, batch, checkpoint } = location;
  const inBatch = pathInTree(batch.leafIndex, batch.leafCount);
  const inLog = inclusionNodes(batch.logIndex, checkpoint.size);
  return {
    request: {
      verificationId,
      logIndex: batch.logIndex,
      checkpoint: checkpoint.commitment,
      anchorIds: checkpoint.anchorIds,
      batchOffsets: inBatch.offsets,
      logNodes: inLog.ids,
    },
    assemble: (parts) => {
      const record = outputRecorded.parse(JSON.parse(parts.record));
      if (record.verificationId !== verificationId) {
        throw new Error(`The record of ${verificationId} is that of ${record.verificationId}.`);
      }
      const bundle = toBundle(location, record, parts, {
        batch: inBatch.fold(parts.batchHashes),
        log: inLog.fold(parts.logHashes),
      });
      return { text: bundleText(bundle), record };
    },
  };
}

function toBundle(
  { batch, checkpoint }: ProvableLocation,
  record: OutputRecorded,
  parts: EvidenceParts,
  paths: { readonly batch: readonly Uint8Array[]; readonly log: readonly Uint8Array[] },
): EvidenceBundle {
  const entry = parseBatchEntry(parts.entry);
  if (!entry.ok) throw new Error(`The entry at ${batch.logIndex} cannot be read: ${entry.detail}`);
  return buildBundle({
    proof: record.proof,
    context: record.context,
    ...(record.inputs ? { inputs: record.inputs } : {}),
    ...(record.outputs ? { outputs: record.outputs } : {}),
    commitment: record.commitment,
    inclusion: {
      leafIndex: batch.leafIndex,
      treeSize: batch.leafCount,
      path: toPositionedPath([...paths.batch], BigInt(batch.leafIndex), BigInt(batch.leafCount)),
      rootHex: entry.entry.root,
    },
    entry: parts.entry,
    logProofs: [
      {
        checkpoint: parts.note,
        leafIndex: batch.logIndex.toString(),
        treeSize: checkpoint.size.toString(),
        path: paths.log.map(bytesToHex),
      },
    ],
    anchors: parts.anchors.map(toAnchor),
    ...(record.payment ? { requestParts: record.payment.requestParts } : {}),
  });
}

/** The schema of the bundle holds kind and proof together. */
function toAnchor({ kind, network, commitment, proof }: StoredAnchor): Anchor {
  return { kind, network, logProof: 0, commitment, proof: JSON.parse(proof), level: 'finalized' } as Anchor;
}
