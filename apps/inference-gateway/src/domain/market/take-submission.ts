import { AppError } from '@touchstone/contracts';
import { modelSubmissionTypes, type SubmissionTerms } from '@touchstone/contracts/http/market';
import { bytesToHex, sha256, sha256TextHex } from '@touchstone/crypto';
import type { ReceivedFile } from '../model/model-files.js';
import { verifyModelSigning } from './model-signing.js';
import { requireInTime, requireSigned } from './signed-request.js';
import {
  SUBMISSIONS_OPEN_MAX,
  type Standing,
  type Submission,
  type SubmissionHead,
  type SubmissionLimits,
  type SubmissionStore,
  type VerifiedSigning,
} from './submission.js';

/** What {@link TakeSubmission} needs. */
export interface TakeSubmissionParts {
  readonly store: Pick<SubmissionStore, 'findByDigest' | 'standing' | 'add'>;
  /** The text that developers agree to; undefined where no submissions are taken. */
  readonly terms: string | undefined;
  readonly chainId: number;
  readonly revenueShareBpsMax: number;
  readonly perDay: number;
  /** Largest file that is taken here. */
  readonly modelBytesMax: number;
  readonly nowMs: () => number;
  readonly newId: () => string;
  /** There is something to validate. */
  readonly onAdded: () => void;
}

/** What was found out before the file comes. */
export type Begun =
  | { readonly kind: 'known'; readonly submission: Submission }
  | {
      readonly kind: 'new';
      readonly head: SubmissionHead;
      readonly digest: string;
      readonly testCasesSha256: string;
      readonly modelSigning: VerifiedSigning | null;
    };

/**
 * Takes submissions of developers. What is signed and small is judged before a byte of the file is taken, so that
 * nobody without a signature makes the service write; the file has to be the one that was signed.
 */
export class TakeSubmission {
  constructor(private readonly parts: TakeSubmissionParts) {}

  /** @throws AppError `not-found` where no submissions are taken */
  terms(): SubmissionTerms {
    const { terms: text, chainId, revenueShareBpsMax, perDay, modelBytesMax } = this.parts;
    if (text === undefined) throw new AppError('not-found', 'No submissions are taken here.');
    return {
      text,
      sha256: sha256TextHex(text),
      chainId,
      revenueShareBpsMax,
      submissionsPerDay: perDay,
      modelBytesMax,
    };
  }

  /**
   * Judges what stands before the file. The same signed submission again is the one that is there.
   *
   * @throws AppError `not-found`, `signature-invalid`, `validation-failed`, `model-invalid`, `conflict`, `queue-full`, `rate-limited`
   */
  async begin(head: SubmissionHead): Promise<Begun> {
    const { sha256: termsSha256, chainId, revenueShareBpsMax } = this.terms();
    const { manifest, signed } = head;
    const testCasesSha256 = bytesToHex(sha256(head.testCases));
    const digest = requireSigned(
      {
        chainId,
        type: 'ModelSubmission',
        fields: modelSubmissionTypes.ModelSubmission,
        message: { ...signed, manifestSha256: head.manifestSha256, testCasesSha256, termsSha256 },
      },
      signed,
    );
    const known = await this.parts.store.findByDigest(digest);
    if (known !== undefined) return { kind: 'known', submission: known };
    requireInTime(signed.deadline, this.parts.nowMs());
    if (manifest.revenueShareBps > revenueShareBpsMax) throw tooMuch(revenueShareBpsMax);
    const modelSigning = signingOf(head);
    const standing = await this.parts.store.standing(signed.developer, manifest, this.limits());
    if (standing !== undefined) throw this.refusal(head, standing);
    return { kind: 'new', head, digest, testCasesSha256, modelSigning };
  }

  /** Stores a submission with its file. @throws AppError `signature-invalid` for another file, else as {@link begin} */
  async finish(begun: Begun & { kind: 'new' }, file: ReceivedFile): Promise<SubmissionResult> {
    const { head, digest, testCasesSha256, modelSigning } = begun;
    const { manifest, manifestSha256, testCases, bundle, signed } = head;
    const { developer, deadline, signature } = signed;
    if (file.sha256 !== signed.modelSha256) throw otherFile(file.sha256, signed.modelSha256);
    const { text: terms, sha256: termsSha256 } = this.terms();
    const { sizeBytes, sha3 } = file;
    const submission = {
      id: this.parts.newId(),
      ...{ digest, developer, manifest, manifestSha256, testCasesSha256, termsSha256, terms },
      ...{ deadline, signature, sizeBytes, testCases, bundle, modelSigning },
      ...{ modelSha256: file.sha256, modelSha3: sha3, createdAtMs: this.parts.nowMs() },
    };
    const taken = await this.parts.store.add(submission, file, this.limits());
    if (taken === 'added') {
      this.parts.onAdded();
      return {
        submission: { ...submission, state: 'submitted', reason: null, modelId: null },
        created: true,
      };
    }
    if (typeof taken === 'object' && 'known' in taken) return { submission: taken.known, created: false };
    throw this.refusal(head, taken);
  }

  private limits(): SubmissionLimits {
    return { perDay: this.parts.perDay, nowMs: this.parts.nowMs() };
  }

  private refusal(
    { manifest: { name, version }, signed: { developer } }: SubmissionHead,
    standing: NonNullable<Standing>,
  ): AppError {
    if (standing === 'open-full')
      return new AppError('queue-full', `${SUBMISSIONS_OPEN_MAX} submissions wait already; try again later.`);
    if (standing === 'name-taken')
      return new AppError('conflict', `The name "${name}" belongs to somebody else; choose another one.`);
    if (standing === 'version-taken')
      return new AppError('conflict', `"${name}" ${version} is there already; submit another version.`);
    const seconds = Math.max(1, Math.ceil((standing.retryAtMs - this.parts.nowMs()) / 1_000));
    return new AppError(
      'rate-limited',
      `${developer} has submitted ${this.parts.perDay} models within 24 hours; the next one is taken in ${seconds} seconds.`,
      { retryAfterSeconds: seconds },
    );
  }
}

/** A submission, and whether it is new. */
export interface SubmissionResult {
  readonly submission: Submission;
  readonly created: boolean;
}

function signingOf({ manifest: { modelSigning }, bundle, signed }: SubmissionHead): VerifiedSigning | null {
  if ((modelSigning === undefined) !== (bundle === undefined)) {
    const detail = 'expected modelSigning in the manifest and the part signature-bundle, or neither';
    throw new AppError('validation-failed', `The form does not fit: ${detail}.`, {
      details: [{ pointer: '/signature-bundle', detail }],
    });
  }
  if (modelSigning === undefined || bundle === undefined) return null;
  return verifyModelSigning(bundle, modelSigning.publicKeyPem, signed.modelSha256);
}

function tooMuch(max: number): AppError {
  const detail = `expected at most ${max}, which is what the operator allows`;
  return new AppError('validation-failed', `The share does not fit: ${detail}.`, {
    details: [{ pointer: '/manifest/revenueShareBps', detail }],
  });
}

function otherFile(actual: string, signed: string): AppError {
  const detail = `the file has the SHA-256 ${actual}, ${signed} was signed`;
  return new AppError('signature-invalid', `The signature of the developer does not count: ${detail}.`, {
    details: [{ pointer: '/model', detail }],
  });
}
