import type { KeystoreEntry } from '@touchstone/contracts';
import type { EvidenceTimeCheck } from '@touchstone/crypto';
import type { SubjectKind } from '../../bundle/schema.js';
import type { BatchEntry } from '../../log/batch-entry.js';
import type { PreparedKey } from '../../trust/prepared-trust.js';
import type { ReportedSubject } from './reported.js';

/** What was looked at, and why it does not hold; `refusal` begins with a reason in the protocol's words where there is one. */
export interface Judged {
  readonly expected?: string;
  readonly actual?: string;
  readonly refusal: string | undefined;
}

/** The leaf of a subject in the tree of its batch. */
export interface Leaf {
  readonly hash: Uint8Array;
  /** As a reader is shown it, lower-case hex. */
  readonly text: string;
}

/** What the log entry of the batch has to say; without `batchId` any batch will do. */
export type ExpectedEntry = Omit<BatchEntry, 'type' | 'batchId' | 'sealedAt' | 'nodeId'> & {
  readonly batchId?: string;
};

/** What a bundle is about, one kind in a file of its own; the steps that concern every kind know no kind. */
export interface Subject {
  readonly kind: SubjectKind;
  readonly keyId: string;
  /** What its key must be registered for. */
  readonly use: KeystoreEntry['use'];
  readonly alg: KeystoreEntry['alg'];
  /** What the trust file has to list for the key beside; left out where keys of its use have no domains. */
  readonly domain?: string;
  /** When it was signed, as its signer says. */
  readonly declared: { readonly ms: number; readonly text: string };
  readonly treeProfile: BatchEntry['treeProfile'];
  /** What a reader should know beside the label. */
  readonly remarks: readonly string[];
  /** Judges the signature with a trusted key of its `keyId`, use and algorithm. */
  judgeSignature(key: PreparedKey): Judged;
  /** The words for a key that was not valid at the declared or the trusted time, or whose status is not that of its times. */
  timeRefusal(check: Exclude<EvidenceTimeCheck, 'ok'> | 'key-status'): string;
  /** The leaf, or why there is none. */
  leaf(): Leaf | { readonly refusal: string };
  /** What the entry has to say, given what is free in it, or why nothing would do. */
  expectedEntry(entry: BatchEntry): ExpectedEntry | { readonly refusal: string };
  /** What a report says that the evidence is about; `entry` is undefined where it cannot be read. */
  reported(entry: BatchEntry | undefined): ReportedSubject;
}
