import { outputRecorded, type OutputRecorded } from '@touchstone/contracts';
import { bytesToHex } from '@touchstone/crypto';
import {
  buildBundle,
  bundleText,
  parseBatchEntry,
  type Anchor,
  type OutputBundle,
} from '@touchstone/evidence';
import { inclusionNodes, toPositionedPath, type NodePlan } from '@touchstone/merkle';
import { pathInTree } from '../batch/stored-tree.js';
import type { ChosenCheckpoint, EvidenceParts, EvidenceRequest, StoredAnchor } from './evidence-store.js';

/** A location whose bundle can be made. */
export interface ProvableLocation {
  readonly verificationId: string;
  readonly commitmentHash: string;
  readonly batch: { readonly logIndex: bigint; readonly leafIndex: number; readonly leafCount: number };
  readonly checkpoints: readonly ChosenCheckpoint[];
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
  const { verificationId, batch, checkpoints } = location;
  const inBatch = pathInTree(batch.leafIndex, batch.leafCount);
  const inLogs = checkpoints.map(({ size }) => inclusionNodes(batch.logIndex, size));
  return {
    request: {
      verificationId,
      logIndex: batch.logIndex,
      checkpoints: checkpoints.map(({ commitment }) => commitment),
      anchorIds: checkpoints.flatMap(({ anchors }) => anchors.map(({ anchorId }) => anchorId)),
      batchOffsets: inBatch.offsets,
      logNodes: inLogs.flatMap(({ ids }) => ids),
    },
    assemble: (parts) => {
      const record = outputRecorded.parse(JSON.parse(parts.record));
      if (record.verificationId !== verificationId) {
        throw new Error(`The record of ${verificationId} is that of ${record.verificationId}.`);
      }
      const bundle = toBundle(location, record, parts, {
        batch: inBatch.fold(parts.batchHashes),
        logs: foldEach(inLogs, parts.logHashes),
      });
      return { text: bundleText(bundle), record };
    },
  };
}

/** The hashes of all plans were read as one list. */
function foldEach(
  plans: readonly NodePlan<Uint8Array[]>[],
  hashes: readonly Uint8Array[],
): readonly (readonly Uint8Array[])[] {
  let start = 0;
  return plans.map(({ ids, fold }) => fold(hashes.slice(start, (start += ids.length))));
}

function toBundle(
  { batch, checkpoints }: ProvableLocation,
  record: OutputRecorded,
  parts: EvidenceParts,
  paths: { readonly batch: readonly Uint8Array[]; readonly logs: readonly (readonly Uint8Array[])[] },
): OutputBundle {
  const entry = parseBatchEntry(parts.entry);
  if (parts.notes.length < checkpoints.length) throw new Error('A checkpoint is gone.');
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
    logProofs: checkpoints.map(({ size }, place) => ({
      checkpoint: parts.notes[place] ?? '',
      leafIndex: batch.logIndex.toString(),
      treeSize: size.toString(),
      path: (paths.logs[place] ?? []).map(bytesToHex),
    })),
    anchors: parts.anchors.map((anchor) =>
      toAnchor(
        anchor,
        checkpoints.findIndex(({ commitment }) => commitment === anchor.commitment),
      ),
    ),
    ...(record.payment ? { requestParts: record.payment.requestParts } : {}),
  });
}

/** The schema of the bundle holds kind and proof together. */
function toAnchor({ kind, network, commitment, proof }: StoredAnchor, logProof: number): Anchor {
  return { kind, network, logProof, commitment, proof: JSON.parse(proof), level: 'finalized' } as Anchor;
}
