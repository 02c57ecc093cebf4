import type { SubmissionState } from '@touchstone/contracts/http/submission-states';
import type { SubmissionManifest, SubmissionSignature, TestCase } from '@touchstone/contracts/http/market';
import type { ModelTensors } from '../model/manifest-of-added.js';
import type { ReceivedFile } from '../model/model-files.js';
import type { Model } from '../model/model.js';

/** Submissions of one developer within 24 hours when nothing else is said. */
export const SUBMISSIONS_PER_DAY_DEFAULT_MAX = 1;

/** Submissions that may wait for validation or review; one more is refused. Their files are kept. */
export const SUBMISSIONS_OPEN_MAX = 64;

/** Most bytes of the test cases of a submission. */
export const TEST_CASES_BYTES_MAX = 8_388_608;

/** Most bytes of a bundle of OpenSSF model signing. */
export const SIGNATURE_BUNDLE_BYTES_MAX = 1_048_576;

/** Who changed the state of something: the address of a developer, the operator, or the validation. */
export type Actor = string;
export const OPERATOR: Actor = 'operator';
export const VALIDATION: Actor = 'validation';

/** One change of a state. */
export interface Change {
  readonly atMs: number;
  readonly by: Actor;
  readonly from: string | null;
  readonly to: string;
  readonly reason: string | null;
}

/** Which key signed the file by OpenSSF model signing, and the bundle; lower-case hex. */
export interface VerifiedSigning {
  readonly publicKeySha256: string;
  readonly bundleSha256: string;
}

/** A submission as it is read; without the file and the test cases. */
export interface Submission {
  readonly id: string;
  /** What was signed, lower-case hex: the same one is the same submission. */
  readonly digest: string;
  readonly state: SubmissionState;
  readonly reason: string | null;
  readonly developer: string;
  /** With its defaults. */
  readonly manifest: SubmissionManifest;
  /** Of the canonical form of what was sent. */
  readonly manifestSha256: string;
  readonly testCasesSha256: string;
  readonly termsSha256: string;
  readonly deadline: number;
  readonly signature: string;
  readonly modelSha256: string;
  readonly modelSha3: string;
  readonly sizeBytes: number;
  readonly modelSigning: VerifiedSigning | null;
  readonly modelId: string | null;
  readonly createdAtMs: number;
}

/** The first line of its history. */
export function submitted({ developer, createdAtMs }: Pick<Submission, 'developer' | 'createdAtMs'>): Change {
  return { atMs: createdAtMs, by: developer, from: null, to: 'submitted', reason: null };
}

/** What is signed and small, and stands before the file. */
export interface SubmissionHead {
  readonly manifest: SubmissionManifest;
  readonly manifestSha256: string;
  readonly testCases: Uint8Array;
  readonly signed: SubmissionSignature;
  readonly bundle: Uint8Array | undefined;
}

/** What is stored of a new submission. */
export type NewSubmission = Omit<Submission, 'state' | 'reason' | 'modelId'> & {
  readonly testCases: Uint8Array;
  readonly bundle: Uint8Array | undefined;
  /** The text that was agreed to. */
  readonly terms: string;
};

/** Why a submission is not taken, or that it was. */
export type Taken = 'added' | 'open-full' | 'name-taken' | 'version-taken' | { readonly retryAtMs: number };

/** Why the newest of a developer is too new, or a name is not free; undefined where nothing stands against it. */
export type Standing = Exclude<Taken, 'added'> | undefined;

/** A submission that is to be validated. */
export interface ClaimedSubmission extends Submission {
  readonly testCases: Uint8Array;
  /** Validations that were begun and ended by nobody; this one counts. */
  readonly strikes: number;
}

/** What came of a validation. */
export type Verdict =
  | { readonly state: 'awaiting-review'; readonly tensors: ModelTensors }
  | { readonly state: 'refused'; readonly reason: string };

/** What came of an approval. */
export type Approved =
  | { readonly kind: 'approved'; readonly model: Model }
  | { readonly kind: 'state'; readonly state: SubmissionState }
  | { readonly kind: 'name-taken' | 'version-taken' | 'full' };

/** Keeps submissions. Every method is durable when it resolves. */
export interface SubmissionStore {
  findByDigest(digest: string): Promise<Submission | undefined>;
  find(id: string): Promise<Submission | undefined>;
  history(id: string): Promise<readonly Change[]>;
  /** What stands against a new submission before its file is received; {@link add} decides. */
  standing(
    developer: string,
    manifest: Pick<SubmissionManifest, 'name' | 'version'>,
    limits: SubmissionLimits,
  ): Promise<Standing>;
  /** Writes submission and file in one transaction. @returns the earlier one for a digest that is there already */
  add(
    submission: NewSubmission,
    file: ReceivedFile,
    limits: SubmissionLimits,
  ): Promise<Taken | { readonly known: Submission }>;
  list(query: {
    limit: number;
    after?: string | undefined;
    state?: SubmissionState | undefined;
    developer?: string | undefined;
  }): Promise<readonly Submission[]>;
  /** Takes the oldest that waits, or whose validation nobody holds any more. */
  claim(claim: string, nowMs: number, untilMs: number): Promise<ClaimedSubmission | undefined>;
  renew(claim: string, untilMs: number): Promise<void>;
  /** Gives a submission back, to be validated again. */
  again(id: string, claim: string, notBeforeMs: number, isStrike: boolean): Promise<void>;
  /** @returns false when the claim is not held any more */
  decide(id: string, claim: string, verdict: Verdict, nowMs: number): Promise<boolean>;
  /** The file in the pieces in which it is stored. */
  pieces(id: string): AsyncIterable<Uint8Array>;
  testCases(id: string): Promise<Uint8Array | undefined>;
  tensors(id: string): Promise<ModelTensors | undefined>;
  /** Makes the submission a model in one transaction; the first of two reviewers decides. */
  approve(id: string, model: Model, reason: string | null, nowMs: number): Promise<Approved>;
  /** @returns the state that it has when that is not to be reviewed */
  reject(id: string, reason: string, nowMs: number): Promise<SubmissionState | undefined>;
}

/** How many submissions there may be. */
export interface SubmissionLimits {
  readonly perDay: number;
  readonly nowMs: number;
}

export type { SubmissionManifest, TestCase };
