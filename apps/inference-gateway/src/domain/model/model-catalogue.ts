import { AppError } from '@touchstone/contracts';
import type { Model, ModelStatus } from './model.js';

/** Injection token of the {@link ModelCatalogue}. */
export const MODEL_CATALOGUE = Symbol('ModelCatalogue');

/** A model with its status, which operators may change while the service runs. */
export interface ListedModel {
  readonly model: Model;
  readonly status: ModelStatus;
}

/** Which models a caller wants to see. */
export interface ModelFilter {
  readonly task?: string | undefined;
  readonly status?: ModelStatus | undefined;
  /** Only models whose id comes after this one. */
  readonly after?: string | undefined;
  readonly limit: number;
}

/** The models that this process serves, by id. */
export class ModelCatalogue {
  private readonly models: ReadonlyMap<string, Model>;
  private statuses: ReadonlyMap<string, ModelStatus> = new Map();

  constructor(models: readonly Model[]) {
    const sorted = [...models].sort((left, right) => (left.manifest.id < right.manifest.id ? -1 : 1));
    this.models = new Map(sorted.map((model) => [model.manifest.id, model]));
  }

  /** All models in order of their ids. */
  all(): readonly Model[] {
    return [...this.models.values()];
  }

  /** Takes over the statuses by modelVersionId; a version that is not listed is `pending`. */
  setStatuses(statuses: ReadonlyMap<string, ModelStatus>): void {
    this.statuses = statuses;
  }

  has(id: string): boolean {
    return this.models.has(id);
  }

  /** @throws AppError `unknown-model` */
  get(id: string): ListedModel {
    const model = this.models.get(id);
    if (!model)
      throw new AppError('unknown-model', `There is no model "${id}" here; GET /v1/models lists them.`);
    return { model, status: this.statuses.get(model.modelVersionId) ?? 'pending' };
  }

  /** @throws AppError `unknown-model` or `model-not-active` */
  active(id: string): Model {
    const { model, status } = this.get(id);
    if (status === 'active') return model;
    throw new AppError('model-not-active', `The model "${id}" is ${status} and takes no requests.`);
  }

  /** One page in order of the ids, and the id to go on after, if there are more. */
  page({ task, status, after, limit }: ModelFilter): { models: ListedModel[]; next: string | undefined } {
    const found = [...this.models.keys()]
      .filter((id) => after === undefined || id > after)
      .map((id) => this.get(id))
      .filter((listed) => task === undefined || listed.model.manifest.task === task)
      .filter((listed) => status === undefined || listed.status === status);
    const models = found.slice(0, limit);
    return { models, next: found.length > limit ? models.at(-1)?.model.manifest.id : undefined };
  }
}
