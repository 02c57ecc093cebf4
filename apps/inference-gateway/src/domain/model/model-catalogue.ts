import { AppError, slug, type ModelStatus } from '@touchstone/contracts';
import type { AddedModelStore } from './added-model.js';
import type { Model } from './model.js';

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

/** The models that this process serves, by id: those of the folder, and those that any replica added since. */
export class ModelCatalogue {
  private readonly models = new Map<string, Model>();
  private statuses = new Map<string, ModelStatus>();

  /** @param added where models that were added while the service ran are found */
  constructor(
    models: readonly Model[],
    private readonly added?: Pick<AddedModelStore, 'findById' | 'list'>,
  ) {
    for (const model of models) this.models.set(model.manifest.id, model);
  }

  /** All models in order of their ids. */
  all(): readonly Model[] {
    return this.ids().map((id) => this.models.get(id) as Model);
  }

  /** Takes over the statuses by modelVersionId; a version that is not listed is `pending`. */
  setStatuses(statuses: ReadonlyMap<string, ModelStatus>): void {
    this.statuses = new Map(statuses);
  }

  /** Takes in a model that was added, or its new status; a model of the folder keeps its id. */
  put({ model, status }: ListedModel): void {
    if (this.models.get(model.manifest.id)?.origin === 'folder') return;
    this.models.set(model.manifest.id, model);
    this.statuses.set(model.modelVersionId, status);
  }

  /** Looks for a model that another replica may have added a moment ago; does nothing for one that is known. */
  async fetch(id: string): Promise<void> {
    if (this.models.has(id) || !this.added || !slug.safeParse(id).success) return;
    const found = await this.added.findById(id);
    if (found) this.put(found);
  }

  /** Takes in all models that were added, with their statuses. */
  async fetchAll(): Promise<void> {
    for (const { id, modelVersionId, status } of (await this.added?.list()) ?? []) {
      await this.fetch(id);
      if (this.models.get(id)?.modelVersionId === modelVersionId) this.statuses.set(modelVersionId, status);
    }
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

  /** The model of an id if it is still that version, whatever its status. */
  ofVersion(id: string, modelVersionId: string): Model | undefined {
    const model = this.models.get(id);
    return model?.modelVersionId === modelVersionId ? model : undefined;
  }

  /** @throws AppError `unknown-model` or `model-not-active` */
  active(id: string): Model {
    const { model, status } = this.get(id);
    if (status === 'active') return model;
    throw new AppError('model-not-active', `The model "${id}" is ${status} and takes no requests.`);
  }

  /** One page in order of the ids, and the id to go on after, if there are more. */
  page({ task, status, after, limit }: ModelFilter): { models: ListedModel[]; next: string | undefined } {
    const found = this.ids()
      .filter((id) => after === undefined || id > after)
      .map((id) => this.get(id))
      .filter((listed) => task === undefined || listed.model.manifest.task === task)
      .filter((listed) => status === undefined || listed.status === status);
    const models = found.slice(0, limit);
    return { models, next: found.length > limit ? models.at(-1)?.model.manifest.id : undefined };
  }
  private ids(): string[] {
    return [...this.models.keys()].sort();
  }
}
