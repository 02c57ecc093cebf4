import { AppError, type ModelStatus } from '@touchstone/contracts';
import type { ModelCatalogue } from '../model/model-catalogue.js';
import type { Model } from '../model/model.js';
import { OPERATOR, type Change } from './submission.js';

/** Most changes of one model version that are listed, the newest. */
export const STATUS_CHANGES_LISTED_MAX = 1_000;

/** Keeps what became of model versions. */
export interface ModelStatusStore {
  /**
   * Changes the status of a version that has the expected one, with a line about it.
   *
   * @returns the status that it has then
   */
  change(
    modelVersionId: string,
    change: { readonly from: ModelStatus; readonly to: ModelStatus } & Pick<Change, 'by' | 'reason' | 'atMs'>,
  ): Promise<ModelStatus | undefined>;
  /** The newest changes of a version, newest first. */
  history(modelVersionId: string, limit: number): Promise<readonly Change[]>;
}

/** What {@link ChangeStatus} needs. */
export interface ChangeStatusParts {
  readonly store: ModelStatusStore;
  readonly catalogue: ModelCatalogue;
  readonly nowMs: () => number;
  /** Ends what still runs of a suspended model. */
  readonly forget: (modelVersionId: string) => Promise<void>;
}

/** Suspends and resumes model versions, each time with a reason that is kept; again, it changes nothing. */
export class ChangeStatus {
  constructor(private readonly parts: ChangeStatusParts) {}

  /** Takes no more requests for a model. @throws AppError `unknown-model`; `conflict` for one that is pending or retired */
  suspend(id: string, reason: string): Promise<void> {
    return this.change(id, { from: 'active', to: 'suspended', reason });
  }

  /** Takes requests again. @throws AppError `unknown-model`; `conflict` for one that is pending or retired */
  resume(id: string, reason: string): Promise<void> {
    return this.change(id, { from: 'suspended', to: 'active', reason });
  }

  /** The model of an id, its status, and what became of it. @throws AppError `unknown-model` */
  async history(id: string): Promise<{ model: Model; status: ModelStatus; history: readonly Change[] }> {
    await this.parts.catalogue.fetch(id);
    const { model, status } = this.parts.catalogue.get(id);
    const history = await this.parts.store.history(model.modelVersionId, STATUS_CHANGES_LISTED_MAX);
    return { model, status, history };
  }

  private async change(
    id: string,
    { from, to, reason }: { from: ModelStatus; to: ModelStatus; reason: string },
  ): Promise<void> {
    const { catalogue, store, nowMs, forget } = this.parts;
    await catalogue.fetch(id);
    const { modelVersionId } = catalogue.get(id).model;
    const status = await store.change(modelVersionId, { from, to, by: OPERATOR, reason, atMs: nowMs() });
    if (status !== to)
      throw new AppError('conflict', `The model "${id}" is ${status ?? 'not stored'} and cannot be ${to}.`);
    catalogue.changeStatus(modelVersionId, to);
    if (to === 'suspended') await forget(modelVersionId);
  }
}
