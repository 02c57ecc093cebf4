import { parseStrictJson } from '@touchstone/canonical-json';
import { AppError, type ErrorCode } from '@touchstone/contracts';
import { testCases, type TestCase } from '@touchstone/contracts/http/market';
import type { ModelManifest } from '../model/manifest.js';
import { manifestOfAdded, type ModelTensors } from '../model/manifest-of-added.js';
import type { FileOnDisk, ModelFiles } from '../model/model-files.js';
import { runTestCases, type TestedModel } from './run-test-cases.js';
import {
  TEST_CASES_BYTES_MAX,
  type ClaimedSubmission,
  type Submission,
  type SubmissionStore,
  type Verdict,
} from './submission.js';

/** Milliseconds after its newest renewal that a validation is held, before another gateway may take it. */
export const VALIDATION_LEASE_MS = 15_000;

/** Milliseconds between two renewals; a small part of the lease, since renewals may be lost. */
export const VALIDATION_RENEWAL_INTERVAL_MS = 3_000;

/** Milliseconds before a submission is validated again after an outage. */
export const VALIDATION_PAUSE_MS = 5_000;

/** Validations that were begun and came to no end; after so many a submission is refused. */
export const VALIDATION_STRIKES_MAX = 3;

/** Codes of failures that time heals; others count like a validation that nobody ended. */
const outages: ReadonlySet<ErrorCode> = new Set(['dependency-unavailable', 'queue-full']);

/** What {@link ValidateSubmissions} needs. */
export interface ValidateSubmissionsParts {
  readonly store: Pick<SubmissionStore, 'claim' | 'renew' | 'again' | 'decide' | 'pieces'>;
  readonly files: ModelFiles;
  /**
   * Looks through a file and tries it where it can do no harm, and whatever else is to be tried in the same process.
   *
   * @throws AppError `model-invalid`
   */
  readonly inspect: (
    file: FileOnDisk,
    more: (tensors: ModelTensors, run: TestedModel['run']) => Promise<void>,
  ) => Promise<ModelTensors>;
  readonly nowMs: () => number;
  /** A claim is of one process: nobody else renews it. */
  readonly claim: string;
}

/**
 * Validates submissions one after the other, each held by a lease: when the process ends in the middle, another one
 * does it again. A verdict counts while the lease is held.
 */
export class ValidateSubmissions {
  private busy = false;
  private stopping = false;

  constructor(private readonly parts: ValidateSubmissionsParts) {}

  /** Validates the next submission. @returns 0 when there may be more */
  async run(): Promise<number | undefined> {
    const { store, nowMs, claim } = this.parts;
    if (this.stopping) return undefined;
    const submission = await store.claim(claim, nowMs(), nowMs() + VALIDATION_LEASE_MS);
    if (submission === undefined) return undefined;
    this.busy = true;
    try {
      await this.validate(submission);
    } finally {
      this.busy = false;
    }
    return 0;
  }

  /** Says that the validation under way still is. */
  async renew(): Promise<void> {
    const { store, nowMs, claim } = this.parts;
    if (this.busy) await store.renew(claim, nowMs() + VALIDATION_LEASE_MS);
  }

  /** From now on a failure may be that of a service that shuts down, and refuses nobody. */
  stop(): void {
    this.stopping = true;
  }

  private async validate(submission: ClaimedSubmission): Promise<void> {
    const { store, nowMs, claim } = this.parts;
    const verdict = await this.verdict(submission).catch((error: unknown) => error);
    if (isVerdict(verdict) && !(this.stopping && verdict.state === 'refused'))
      return void (await store.decide(submission.id, claim, verdict, nowMs()));
    const isStrike = !isVerdict(verdict) && !(verdict instanceof AppError && outages.has(verdict.code));
    await store.again(submission.id, claim, nowMs() + VALIDATION_PAUSE_MS, isStrike && !this.stopping);
    if (!isVerdict(verdict)) throw verdict;
  }

  private async verdict(submission: ClaimedSubmission): Promise<Verdict> {
    if (submission.strikes > VALIDATION_STRIKES_MAX)
      return {
        state: 'refused',
        reason: `Its validation was begun ${VALIDATION_STRIKES_MAX} times and never came to an end.`,
      };
    try {
      return { state: 'awaiting-review', tensors: await this.tried(submission) };
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      if (error.code === 'model-invalid') return { state: 'refused', reason: error.message };
      if (error.code !== 'inference-failed') throw error;
      return { state: 'refused', reason: 'The stored file is not the one that was signed.' };
    }
  }

  private async tried(submission: ClaimedSubmission): Promise<ModelTensors> {
    const { store, files, inspect, nowMs } = this.parts;
    const { id, modelSha256: sha256, sizeBytes } = submission;
    const cases = casesOf(submission.testCases);
    // What is tried is what was signed, whatever became of it in between.
    return files.lend({ sha256, sizeBytes, pieces: () => store.pieces(id) }, (path) =>
      inspect({ path, sizeBytes }, (tensors, run) =>
        runTestCases({ manifest: marketManifest(submission, tensors), run, nowMs }, cases),
      ),
    );
  }
}

/** The manifest that a submission has as a model. @throws AppError `model-invalid` when its labels fit no output */
export function marketManifest(
  { manifest, developer, modelSha256 }: Pick<Submission, 'manifest' | 'developer' | 'modelSha256'>,
  tensors: ModelTensors,
): ModelManifest {
  return manifestOfAdded({ ...manifest, developer }, modelSha256, tensors);
}

/** They were read when they came; a newer version may take less of them. */
function casesOf(bytes: Uint8Array): readonly TestCase[] {
  const parsed = parseStrictJson(bytes, { maxBytes: TEST_CASES_BYTES_MAX, numbers: 'finite' });
  const read = testCases.safeParse(parsed.ok ? parsed.value : undefined);
  if (!read.success) throw new AppError('model-invalid', 'The test cases are not taken by this version.');
  return read.data;
}

function isVerdict(value: unknown): value is Verdict {
  return typeof value === 'object' && value !== null && 'state' in value;
}
