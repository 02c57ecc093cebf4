import type { ModelStatus } from '@touchstone/contracts';
import type { AddedPreprocess } from './added-preprocess.js';
import type { ReceivedFile } from './model-files.js';
import type { Model } from './model.js';

/** Models that may be added and not retired at once; every replica lists them, and their files are kept. */
export const ADDED_MODELS_MAX = 64;

/** Largest model file in bytes that can be added while the service runs; an operator may set less. */
export const ADDED_MODEL_BYTES_MAX = 524_288_000;

/** A model that was added, with its status. */
export interface AddedModel {
  readonly model: Model;
  readonly status: ModelStatus;
}

/** What came of an attempt to add a model. */
export type Addition =
  | { readonly kind: 'added'; readonly model: Model }
  /** The name and version are there already, with this model. */
  | { readonly kind: 'taken'; readonly by: AddedModel }
  | { readonly kind: 'full' };

/** Keeps added models with their files, for all replicas. */
export interface AddedModelStore {
  /** Writes model and file in one transaction; the first of two writers of the same name and version wins. */
  add(model: Model, file: ReceivedFile, preprocess?: AddedPreprocess): Promise<Addition>;
  findById(id: string): Promise<AddedModel | undefined>;
  /** Ids and statuses of all added models. */
  list(): Promise<{ id: string; modelVersionId: string; status: ModelStatus }[]>;
  /** Ends a model: no new requests, the file is let go; what was proven stays. */
  retire(modelVersionId: string): Promise<void>;
  /** Takes a retired model back with its file; false when there is no room. */
  restore(modelVersionId: string, file: ReceivedFile, preprocess?: AddedPreprocess): Promise<boolean>;
}
