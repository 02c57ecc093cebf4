import type { AnchorKind } from '@touchstone/contracts';
import type { NodeId } from '@touchstone/merkle';

/** Where the evidence of one output stands; enough to know whether a bundle can be made, and which. */
export interface EvidenceLocation {
  readonly verificationId: string;
  readonly commitmentHash: string;
  /** Whether that commitment was published, as far as has arrived. */
  readonly commitmentKnown: boolean;
  /** Size of the dense log. */
  readonly logSize: bigint;
  readonly batch:
    { readonly logIndex: bigint; readonly leafIndex: number; readonly leafCount: number } | undefined;
  /** The oldest anchored checkpoint that covers the batch, else the oldest that covers it. */
  readonly checkpoint: ChosenCheckpoint | undefined;
}

export interface ChosenCheckpoint {
  readonly commitment: string;
  readonly size: bigint;
  readonly anchorIds: readonly string[];
}

/** What one read asks for beside the rows: nodes of both trees. */
export interface EvidenceRequest {
  readonly verificationId: string;
  readonly logIndex: bigint;
  readonly checkpoint: string;
  readonly anchorIds: readonly string[];
  readonly batchOffsets: readonly number[];
  readonly logNodes: readonly NodeId[];
}

/** A final anchor as it goes into a bundle. */
export interface StoredAnchor {
  readonly anchorId: string;
  readonly kind: AnchorKind;
  readonly network: string;
  readonly commitment: string;
  /** JSON of the proof; its form depends on the kind. */
  readonly proof: string;
  readonly transaction: string;
  readonly blockNumber: string | null;
  readonly finalAt: string;
}

/** The stored parts of a bundle, as they are: whoever reads them verifies the whole. */
export interface EvidenceParts {
  readonly record: string;
  readonly entry: string;
  readonly note: string;
  readonly batchHashes: readonly Uint8Array[];
  readonly logHashes: readonly Uint8Array[];
  readonly anchors: readonly StoredAnchor[];
}

/** The read model of evidence. */
export interface EvidenceStore {
  locate(verificationId: string): Promise<EvidenceLocation | undefined>;
  /** All parts in one round trip; `undefined` when a row is gone. */
  load(request: EvidenceRequest): Promise<EvidenceParts | undefined>;
}
