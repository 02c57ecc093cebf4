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
  /**
   * In order of size, for each network the oldest checkpoint that covers the batch and is anchored there; without anchors
   * the oldest that covers it. Empty while none does.
   */
  readonly checkpoints: readonly ChosenCheckpoint[];
}

export interface ChosenCheckpoint {
  readonly commitment: string;
  readonly size: bigint;
  /** The final anchors for which it was chosen, one of a network. */
  readonly anchors: readonly ChosenAnchor[];
}

export interface ChosenAnchor {
  readonly anchorId: string;
  readonly network: string;
}

/** What one read asks for beside the rows: nodes of both trees. */
export interface EvidenceRequest {
  readonly verificationId: string;
  readonly logIndex: bigint;
  /** Commitments. */
  readonly checkpoints: readonly string[];
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
  /** In the order of the checkpoints that were asked for; one that is gone is left out. */
  readonly notes: readonly string[];
  readonly batchHashes: readonly Uint8Array[];
  readonly logHashes: readonly Uint8Array[];
  readonly anchors: readonly StoredAnchor[];
}

/** The read model of evidence. */
export interface EvidenceStore {
  locate(verificationId: string): Promise<EvidenceLocation | undefined>;
  /** All parts in one round trip; `undefined` when a row is gone. */
  load(request: EvidenceRequest): Promise<EvidenceParts | undefined>;
  /** Size of the largest checkpoint that is anchored, by network. */
  anchoredSizes(): Promise<ReadonlyMap<string, bigint>>;
}
