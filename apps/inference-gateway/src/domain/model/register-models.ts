import type { ModelStatus } from '@touchstone/contracts';
import type { CommitmentKeeper } from './commitment-keeper.js';
import type { ModelCatalogue } from './model-catalogue.js';
import type { Model } from './model.js';

/** Keeps the model versions that were ever served. */
export interface ModelStore {
  register(model: Model): Promise<void>;
  /** The status of each version by modelVersionId. */
  statuses(): Promise<ReadonlyMap<string, ModelStatus>>;
}

/** Registers the models of the folder and takes in those that were added, all with their statuses. */
export async function registerModels(registry: ModelStore, catalogue: ModelCatalogue): Promise<void> {
  for (const model of catalogue.all()) await registry.register(model);
  await refreshModels(registry, catalogue);
}

/** Takes over what operators and other replicas changed: statuses, and models that were added. */
export async function refreshModels(registry: ModelStore, catalogue: ModelCatalogue): Promise<void> {
  catalogue.setStatuses(await registry.statuses());
  await catalogue.fetchAll();
}

/** Puts a commitment in place for every model that may be asked, as far as the signer answers. */
export async function commitModels(keeper: CommitmentKeeper, catalogue: ModelCatalogue): Promise<void> {
  for (const model of catalogue.all()) {
    if (catalogue.get(model.manifest.id).status !== 'retired') await keeper.renew(model);
  }
}
