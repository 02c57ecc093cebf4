import { AppError, slug, type ModelStatus } from '@touchstone/contracts';
import type { AddedModelStore } from './added-model.js';
import type { ModelSort } from '@touchstone/contracts/http/inference-gateway';
import { priceOf, type Model } from './model.js';

/** A model with its status, which operators may change while the service runs. */
export interface ListedModel {
  readonly model: Model;
  readonly status: ModelStatus;
}

/** Which models a caller wants to see. */
export interface ModelFilter {
  readonly task?: string | undefined;
  readonly status?: ModelStatus | undefined;
  /** Most atomic units that an answer costs. */
  readonly maxPrice?: bigint | undefined;
  /** Least accuracy that is stated; models without one are left out. */
  readonly minAccuracy?: number | undefined;
  readonly sort?: ModelSort | undefined;
  /** Calls of each version by modelVersionId, for an order by them; 0 where there are none. */
  readonly calls?: ReadonlyMap<string, number> | undefined;
  /** Only models that stand after this one. */
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

  /** Takes in the new status of a version, of whatever origin. */
  changeStatus(modelVersionId: string, status: ModelStatus): void {
    this.statuses.set(modelVersionId, status);
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

  /** One page in the order that is asked for, and the id to go on after, if there are more. */
  page({ after, limit, sort = 'id', calls = new Map(), ...filter }: ModelFilter): {
    models: ListedModel[];
    next: string | undefined;
  } {
    const sorted = inOrder(
      this.ids().map((id) => this.get(id)),
      sort,
      calls,
    );
    // Where the model before has gone, the page begins at the place that it would have by its id, or at the beginning.
    const begin = sorted.findIndex(({ model: { manifest } }) => manifest.id === after) + 1;
    const rest =
      after === undefined || begin > 0 || sort !== 'id'
        ? sorted.slice(begin)
        : sorted.filter(({ model: { manifest } }) => manifest.id > after);
    const found = rest.filter((listed) => matches(listed, filter));
    const models = found.slice(0, limit);
    return { models, next: found.length > limit ? models.at(-1)?.model.manifest.id : undefined };
  }

  private ids(): string[] {
    return [...this.models.keys()].sort();
  }
}

function matches(
  { model, status }: ListedModel,
  filter: Omit<ModelFilter, 'after' | 'limit' | 'sort' | 'calls'>,
): boolean {
  const { task, maxPrice, minAccuracy } = filter;
  const { manifest } = model;
  return (
    (task === undefined || manifest.task === task) &&
    (filter.status === undefined || status === filter.status) &&
    (maxPrice === undefined || priceOf(model) <= maxPrice) &&
    (minAccuracy === undefined || (manifest.accuracy?.value ?? -1) >= minAccuracy)
  );
}

/** Models without an accuracy stand behind those with one, whatever the direction. */
function inOrder(
  models: readonly ListedModel[],
  sort: ModelSort,
  calls: ReadonlyMap<string, number>,
): ListedModel[] {
  const direction = sort.startsWith('-') ? -1 : 1;
  const callsOf = ({ modelVersionId }: Model): number => calls.get(modelVersionId) ?? 0;
  const compare = (left: Model, right: Model): number => {
    if (sort === 'id') return 0;
    if (sort === '-calls') return callsOf(right) - callsOf(left);
    if (sort.endsWith('price')) return direction * Number(priceOf(left) - priceOf(right));
    const [one, other] = [left.manifest.accuracy?.value, right.manifest.accuracy?.value];
    if (one === undefined || other === undefined)
      return Number(one === undefined) - Number(other === undefined);
    return direction * (one - other);
  };
  return [...models].sort((left, right) => compare(left.model, right.model));
}
