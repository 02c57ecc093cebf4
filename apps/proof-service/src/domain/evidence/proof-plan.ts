import { bytesToHex } from '@touchstone/crypto';
import { parseBatchEntry, type Anchor, type InclusionProof, type LogProof } from '@touchstone/evidence';
import { inclusionNodes, type NodePlan } from '@touchstone/merkle';
import { storedProfiles } from '../batch/stored-tree.js';
import type { EvidenceLocation, EvidenceParts, ProofRequest, StoredAnchor } from './evidence-store.js';
import type { Provable } from './evidence-subject.js';

/** What the bundles of all kinds end in. */
export interface Proofs {
  readonly inclusion: InclusionProof;
  readonly entry: string;
  readonly logProofs: readonly LogProof[];
  readonly anchors: readonly Anchor[];
}

/** What has to be read, and how the parts become proofs. */
export function planProofs({ batch, checkpoints }: Provable<EvidenceLocation>): {
  readonly request: ProofRequest;
  /** Throws on parts that do not fit; they were changed after they were stored. */
  assemble(parts: EvidenceParts): Proofs;
} {
  const { logIndex, leafIndex, leafCount, treeProfile } = batch;
  const inBatch = storedProfiles[treeProfile].path(leafIndex, leafCount);
  const inLogs = checkpoints.map(({ size }) => inclusionNodes(logIndex, size));
  return {
    request: {
      logIndex,
      checkpoints: checkpoints.map(({ commitment }) => commitment),
      anchorIds: checkpoints.flatMap(({ anchors }) => anchors.map(({ anchorId }) => anchorId)),
      batchOffsets: inBatch.offsets,
      logNodes: inLogs.flatMap(({ ids }) => ids),
    },
    assemble: (parts) => {
      const entry = parseBatchEntry(parts.entry);
      if (!entry.ok) throw new Error(`The entry at ${logIndex} cannot be read: ${entry.detail}`);
      if (parts.notes.length < checkpoints.length) throw new Error('A checkpoint is gone.');
      const path = inBatch.fold(parts.batchHashes);
      const logPaths = foldEach(inLogs, parts.logHashes);
      return {
        inclusion: { leafIndex, treeSize: leafCount, path, rootHex: entry.entry.root },
        entry: parts.entry,
        logProofs: checkpoints.map(({ size }, place) => ({
          checkpoint: parts.notes[place] ?? '',
          leafIndex: logIndex.toString(),
          treeSize: size.toString(),
          path: (logPaths[place] ?? []).map(bytesToHex),
        })),
        anchors: parts.anchors.map((anchor) =>
          toAnchor(
            anchor,
            checkpoints.findIndex(({ commitment }) => commitment === anchor.commitment),
          ),
        ),
      };
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

/** The schema of the bundle holds kind and proof together. */
function toAnchor({ kind, network, commitment, proof }: StoredAnchor, logProof: number): Anchor {
  return { kind, network, logProof, commitment, proof: JSON.parse(proof), level: 'finalized' } as Anchor;
}
