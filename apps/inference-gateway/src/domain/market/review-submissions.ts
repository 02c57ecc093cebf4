import { AppError } from '@touchstone/contracts';
import { modelVersionIdOf } from '@touchstone/evidence';
import { ADDED_MODELS_MAX, type AddedModelStore } from '../model/added-model.js';
import type { CommitmentKeeper } from '../model/commitment-keeper.js';
import type { Model } from '../model/model.js';
import type { ModelTensors } from '../model/manifest-of-added.js';
import type { ModelCatalogue } from '../model/model-catalogue.js';
import type { Submission, SubmissionStore } from './submission.js';
import { marketManifest } from './validate-submissions.js';

/** What {@link ReviewSubmissions} needs. */
export interface ReviewSubmissionsParts {
  readonly store: Pick<SubmissionStore, 'find' | 'tensors' | 'approve' | 'reject'>;
  readonly added: Pick<AddedModelStore, 'findById'>;
  readonly catalogue: ModelCatalogue;
  readonly commitments: Pick<CommitmentKeeper, 'renew'>;
  readonly commitmentLate: (modelId: string, error: unknown) => void;
  readonly nowMs: () => number;
}

/** The operator's decision about submissions that hold. Of two decisions at once the first one counts. */
export class ReviewSubmissions {
  constructor(private readonly parts: ReviewSubmissionsParts) {}

  /**
   * Makes a submission an active model with its commitment.
   *
   * @throws AppError `not-found`; `conflict` when it is not to be reviewed, its name is somebody else's or there is no room
   */
  async approve(id: string, reason: string | null): Promise<Submission> {
    const { store, added, catalogue, commitments, nowMs } = this.parts;
    const submission = await this.find(id);
    const tensors = await store.tensors(id);
    if (submission.state !== 'awaiting-review' || tensors === undefined)
      throw notToReview(id, submission.state);
    const approved = await store.approve(id, modelOf(submission, tensors), reason, nowMs());
    if (approved.kind !== 'approved') throw refusal(submission, approved);
    const model = (await added.findById(approved.model.manifest.id))?.model ?? approved.model;
    catalogue.put({ model, status: 'active' });
    // The model is there whether or not the signer answers now; the next look at its keys commits to it.
    await commitments
      .renew(model)
      .catch((error: unknown) => this.parts.commitmentLate(model.manifest.id, error));
    return this.find(id);
  }

  /** @throws AppError `not-found`, or `conflict` when it is not to be reviewed */
  async reject(id: string, reason: string): Promise<Submission> {
    const state = await this.parts.store.reject(id, reason, this.parts.nowMs());
    const submission = await this.find(id);
    if (state !== undefined) throw notToReview(id, state);
    return submission;
  }

  private async find(id: string): Promise<Submission> {
    const submission = await this.parts.store.find(id);
    if (submission === undefined) throw new AppError('not-found', `There is no submission ${id}.`);
    return submission;
  }
}

function modelOf(submission: Submission, tensors: ModelTensors): Model {
  const { developer, modelSha256, modelSha3, sizeBytes, modelSigning } = submission;
  const { name, version, revenueShareBps } = submission.manifest;
  const identity = { developer, modelHash: modelSha256, name, version };
  return {
    manifest: marketManifest(submission, tensors),
    identity,
    modelVersionId: modelVersionIdOf(identity),
    modelHashSha3: modelSha3,
    origin: 'added',
    sizeBytes,
    withFile: () => Promise.reject(new Error('The file is read where it is stored.')),
    preprocessing: undefined,
    market: { submissionId: submission.id, revenueShareBps, ...(modelSigning ? { modelSigning } : {}) },
  };
}

function notToReview(id: string, state: string): AppError {
  return new AppError('conflict', `The submission ${id} is not to be reviewed: it is ${state}.`);
}

function refusal(
  { id, manifest: { name, version } }: Submission,
  refused: { kind: 'state'; state: string } | { kind: 'name-taken' | 'version-taken' | 'full' },
): AppError {
  if (refused.kind === 'state') return notToReview(id, refused.state);
  if (refused.kind === 'full')
    return new AppError('conflict', `${ADDED_MODELS_MAX} models are added already; retire one first.`);
  if (refused.kind === 'name-taken')
    return new AppError('conflict', `The name "${name}" belongs to somebody else; reject the submission.`);
  return new AppError('conflict', `"${name}" ${version} is there already; reject the submission.`);
}
