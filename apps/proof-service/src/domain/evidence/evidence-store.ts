import type { AnchorKind, SignedBatch } from '@touchstone/contracts';
import type { NodeId } from '@touchstone/merkle';
import type { TreeProfile } from '../batch/stored-tree.js';

/** Where the evidence of one subject stands; enough to know whether a bundle can be made, and which. */
export interface EvidenceLocation {
  /** Size of the dense log. */
  readonly logSize: bigint;
  readonly batch: BatchPlace | undefined;
  /**
   * In order of size, for each network the oldest checkpoint that covers the batch and is anchored there; without anchors
   * the oldest that covers it. Empty while none does.
   */
  readonly checkpoints: readonly ChosenCheckpoint[];
  /** Whether a proof of the execution has arrived; absent where there can be none. */
  readonly isProved?: boolean;
}

/** The place of a leaf. */
export interface BatchPlace {
  readonly logIndex: bigint;
  readonly leafIndex: number;
  readonly leafCount: number;
  readonly treeProfile: TreeProfile;
}

/** {@link EvidenceLocation} of an output. */
export interface OutputLocation extends EvidenceLocation {
  readonly verificationId: string;
  readonly commitmentHash: string;
  /** Whether that commitment was published, as far as has arrived. */
  readonly commitmentKnown: boolean;
  readonly isProved: boolean;
}

/** {@link EvidenceLocation} of an event; without a place for one that its batch does not have. */
export interface EventLocation extends EvidenceLocation {
  readonly signed: SignedBatch;
  /** Whether the events of the batch are stored, and not their leaves alone. */
  readonly held: boolean;
  /** Whether the batch took its place in the log; then what has no place there is not in it. */
  readonly sealed: boolean;
}

/** An event by what its reader knows of it. */
export interface EventQuery {
  /** By the id that reads the evidence of its events, or by its own, which stands in the log. */
  readonly batch: { readonly evidenceId: string } | { readonly batchId: string };
  /** One of the leaves, since each format hashes an event in its own way. */
  readonly event: { readonly eventId: string } | { readonly leaves: readonly Uint8Array[] };
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

/** What one read asks for beside the subject: rows, and nodes of both trees. */
export interface ProofRequest {
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
  /** JSON of the recorded output, or of the event; `null` for an event that is not held. */
  readonly subject: string | null;
  readonly entry: string;
  /** In the order of the checkpoints that were asked for; one that is gone is left out. */
  readonly notes: readonly string[];
  readonly batchHashes: readonly Uint8Array[];
  readonly logHashes: readonly Uint8Array[];
  readonly anchors: readonly StoredAnchor[];
  /** Canonical JSON of the proof of an output's execution; `null` while there is none. */
  readonly zk: string | null;
}

/** What has arrived of which more may stand in a bundle than in the one in memory. */
export interface Arrivals {
  /** Size of the largest checkpoint that is anchored, by network. */
  readonly anchored: ReadonlyMap<string, bigint>;
  /** Grows with every proof of an execution. */
  readonly proofs: bigint;
}

/** The read model of evidence. `load` reads all parts in one round trip; `undefined` when a row is gone. */
export interface EvidenceStore {
  locateOutput(verificationId: string): Promise<OutputLocation | undefined>;
  loadOutput(verificationId: string, request: ProofRequest): Promise<EvidenceParts | undefined>;
  /** Where the event stands; `undefined` where there is no such batch. */
  locateEvent(query: EventQuery): Promise<EventLocation | undefined>;
  loadEvent(place: BatchPlace, batchId: string, request: ProofRequest): Promise<EvidenceParts | undefined>;
  arrivals(): Promise<Arrivals>;
}
