import type {
  AnchorAnswer,
  BatchAnswer,
  CheckpointAnswer,
  ConsistencyAnswer,
  EntryAnswer,
} from '@touchstone/contracts/http/proof-service';
import { bytesToHex } from '@touchstone/crypto';
import type { StoredAnchor } from '../domain/evidence/evidence-store.js';
import type { BatchProof } from '../domain/proof/batch-proofs.js';
import type { EntryProof } from '../domain/proof/entry-proofs.js';
import type { LogConsistency } from '../domain/proof/log-reader.js';
import type { StoredCheckpoint } from '../domain/proof/proof-store.js';

/** A batch as it is answered. */
export function presentBatch({ inclusion, leaves, logProof, anchors, ...batch }: BatchProof): BatchAnswer {
  return {
    ...batch,
    ...(inclusion ? { inclusion: { ...inclusion, path: [...inclusion.path] } } : {}),
    ...(leaves ? { leaves: { offset: leaves.offset, items: [...leaves.items] } } : {}),
    logProof: logProof && { ...logProof, path: [...logProof.path] },
    anchors: anchors.map(presentAnchor),
  };
}

/** An entry of the log as it is answered. */
export function presentEntry({ logProof, anchors, ...entry }: EntryProof): EntryAnswer {
  return {
    ...entry,
    logProof: logProof && { ...logProof, path: [...logProof.path] },
    anchors: anchors.map(presentAnchor),
  };
}

/** A checkpoint as it is answered. */
export function presentCheckpoint({
  size,
  root,
  note,
  publishedAt,
  anchors,
}: StoredCheckpoint): CheckpointAnswer {
  return { size: `${size}`, root: bytesToHex(root), note, publishedAt, anchors: anchors.map(presentAnchor) };
}

/** A consistency proof as it is answered. */
export function presentConsistency({ from, to, proof }: LogConsistency): ConsistencyAnswer {
  const head = ({ size, root }: LogConsistency['from']) => ({ size: `${size}`, root: bytesToHex(root) });
  return { from: head(from), to: head(to), proof: proof.map(bytesToHex) };
}

function presentAnchor({ proof, ...anchor }: StoredAnchor): AnchorAnswer {
  return { ...anchor, level: 'finalized', proof: JSON.parse(proof) } as AnchorAnswer;
}
