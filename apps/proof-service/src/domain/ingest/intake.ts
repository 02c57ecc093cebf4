import type { AnchorKind, SignedBatch } from '@touchstone/contracts';
import type { TreeProfile } from '../batch/stored-tree.js';
/** A record of one output, ready to be stored. */
export interface AcceptedOutput {
  readonly verificationId: string;
  /** 32 bytes (protocol section 3). */
  readonly leaf: Uint8Array;
  readonly commitmentHash: string;
  /** Canonical JSON of the message, from which the subject of the bundle is made. */
  readonly record: string;
  readonly recordedAt: string;
}

/** A model commitment that was published; `commitmentHash` in hex. */
export interface PublishedCommitment {
  readonly commitmentHash: string;
  readonly modelVersionId: string;
}

/** An entry with its place in the log. */
export interface PlacedEntry {
  readonly logIndex: bigint;
  readonly text: string;
  /** Of a commitment, a key set or the like, which is found by its hash; a batch is found by its id. */
  readonly isObject: boolean;
}

/** A batch whose leaves give the root that its entry states. */
export interface SealedBatch {
  readonly batchId: string;
  readonly logIndex: bigint;
  readonly treeProfile: TreeProfile;
  readonly leaves: readonly Uint8Array[];
  readonly nodes: Uint8Array;
  readonly sealedAt: string;
}

/** A signed batch of events whose leaves give the root that is signed. */
export interface SignedEvents {
  readonly signed: SignedBatch;
  /** In the order of the tree; `null` where the submitter kept them. */
  readonly events: readonly { readonly id: string; readonly canonical: string }[] | null;
  readonly signedAt: string;
}

/** A checkpoint as it arrived; it is judged before anybody sees it. */
export interface ReceivedCheckpoint {
  /** sha256 of the note with the log's own signature line, 32 bytes: what anchors commit to. */
  readonly commitment: Uint8Array;
  readonly size: bigint;
  readonly root: Uint8Array;
  readonly note: string;
  readonly publishedAt: string;
}

/** A final anchor. */
export interface ReceivedAnchor {
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

/** A proof of the execution of one output as it arrived; whether it is about that output is judged when a bundle is made. */
export interface ReceivedProof {
  readonly verificationId: string;
  /** Canonical JSON of the member `zk` of a bundle. */
  readonly zk: string;
  readonly provedAt: string;
}

/** What one delivery of messages brings. */
export interface Intake {
  readonly outputs: AcceptedOutput[];
  readonly commitments: PublishedCommitment[];
  readonly entries: PlacedEntry[];
  readonly batches: SealedBatch[];
  readonly events: SignedEvents[];
  readonly checkpoints: ReceivedCheckpoint[];
  readonly anchors: ReceivedAnchor[];
  readonly proofs: ReceivedProof[];
}

/** Stores what arrived, each thing once, in one transaction. */
export interface IntakeStore {
  /** @returns places of the log for which another entry is stored already; those entries and batches were left out */
  store(intake: Intake): Promise<readonly bigint[]>;
}

export const alarmKinds = [
  ...(['log-conflict', 'batch-refused', 'events-refused', 'checkpoint-refused', 'anchor-refused'] as const),
  'proof-refused',
] as const;
export type AlarmKind = (typeof alarmKinds)[number];

/** Something that cannot be true if everybody is honest; it is told to an operator and never served. */
export interface Alarm {
  readonly kind: AlarmKind;
  readonly detail: string;
}

/** An intake without anything. */
export function emptyIntake(): Intake {
  return {
    ...{ outputs: [], commitments: [], entries: [], batches: [], events: [], checkpoints: [], anchors: [] },
    proofs: [],
  };
}
