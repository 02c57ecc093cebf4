import { AppError, type ErrorDetail, type TensorSpec } from '@touchstone/contracts';
import type { AddedManifest } from '@touchstone/contracts/http/inference-gateway';
import { canonicalJson } from '@touchstone/canonical-json';
import { modelVersionIdOf } from '@touchstone/evidence';
import { ADDED_MODELS_MAX, type AddedModel, type AddedModelStore } from './added-model.js';
import type { AddedPreprocess, CheckedPreprocess } from './added-preprocess.js';
import type { CommitmentKeeper } from './commitment-keeper.js';
import type { ModelCatalogue } from './model-catalogue.js';
import type { ModelManifest } from './manifest.js';
import type { FileOnDisk, ReceivedFile } from './model-files.js';
import { manifestOfAdded, type ModelTensors } from './manifest-of-added.js';
import type { Model } from './model.js';

/** What {@link AddModel} needs. */
export interface AddModelParts {
  readonly catalogue: ModelCatalogue;
  readonly store: AddedModelStore;
  readonly commitments: CommitmentKeeper;
  /** Looks through a file and tries it where it can do no harm. @throws AppError `model-invalid` */
  readonly inspect: (file: FileOnDisk) => Promise<ModelTensors>;
  /** Checks the files about what a model takes. @throws AppError `model-invalid` */
  readonly checkPreprocess: (
    sent: AddedPreprocess,
    file: FileOnDisk,
    inputs: readonly TensorSpec[],
  ) => Promise<CheckedPreprocess>;
  /** Ends what still runs of a retired model. */
  readonly forget: (modelVersionId: string) => Promise<void>;
  readonly commitmentLate: (modelId: string, error: unknown) => void;
}

/** Adds models while the service runs, and retires them. */
export class AddModel {
  constructor(private readonly parts: AddModelParts) {}

  /**
   * Adds a model. The same file with the same settings again changes nothing; a retired one is taken back.
   *
   * @throws AppError `model-invalid`; `conflict` when the name and version belong to something else, or the list is full
   */
  async add(
    wanted: AddedManifest,
    file: ReceivedFile,
    preprocess?: AddedPreprocess,
  ): Promise<{ id: string; created: boolean }> {
    const { catalogue, store } = this.parts;
    const digest = file.sha256;
    const earlier = await this.earlier(wanted);
    // A name that is taken by another file is told before the file is tried, the rest after it.
    if (earlier && earlier.model.identity.modelHash !== digest) throw otherFile(wanted, earlier, digest);
    const tensors = await this.parts.inspect(file);
    const taken = preprocess && (await this.parts.checkPreprocess(preprocess, file, tensors.inputs));
    const model = withPreprocessing(this.modelOf(wanted, file, tensors), taken);
    const addition = await store.add(model, file, preprocess);
    if (addition.kind === 'full') throw full();
    if (addition.kind === 'taken') return this.again(model, addition.by, file, preprocess);
    catalogue.put({ model: addition.model, status: 'active' });
    await this.commit(addition.model);
    return { id: addition.model.manifest.id, created: true };
  }

  /**
   * Retires an added model: it takes no more requests. Other replicas follow within their next look at statuses.
   *
   * @throws AppError `unknown-model`, or `conflict` for a model of the folder
   */
  async retire(id: string): Promise<void> {
    await this.parts.catalogue.fetch(id);
    const { model } = this.parts.catalogue.get(id);
    if (model.origin === 'folder') {
      throw new AppError('conflict', `The model "${id}" belongs to the models folder; take it away there.`);
    }
    await this.parts.store.retire(model.modelVersionId);
    this.parts.catalogue.put({ model, status: 'retired' });
    await this.parts.forget(model.modelVersionId);
  }

  private async earlier({ name, version }: AddedManifest): Promise<AddedModel | undefined> {
    for (const id of [name, versionedId(name, version)]) {
      const found = await this.parts.store.findById(id);
      if (found?.model.identity.name === name && found.model.identity.version === version) return found;
    }
    return undefined;
  }

  private async again(
    model: Model,
    by: AddedModel,
    file: ReceivedFile,
    preprocess: AddedPreprocess | undefined,
  ) {
    const { identity, manifest } = by.model;
    if (identity.modelHash !== model.identity.modelHash) {
      throw otherFile(model.identity, by, model.identity.modelHash);
    }
    const details = differences(settingsOf({ ...model.manifest, id: manifest.id }), settingsOf(manifest));
    if (details.length > 0) {
      throw new AppError(
        'conflict',
        `The model "${manifest.id}" is there already with the same file and other settings: ` +
          `${details[0]?.detail}. Add it under another name or version.`,
        { details },
      );
    }
    if (by.status === 'retired') {
      if (!(await this.parts.store.restore(by.model.modelVersionId, file, preprocess))) throw full();
      this.parts.catalogue.put({ model: by.model, status: 'active' });
    } else this.parts.catalogue.put(by);
    await this.commit(by.model);
    return { id: manifest.id, created: false };
  }

  private modelOf(wanted: AddedManifest, file: ReceivedFile, tensors: ModelTensors): Model {
    const { catalogue } = this.parts;
    const { name, version, developer } = wanted;
    if (catalogue.has(name) && catalogue.get(name).model.origin === 'folder') {
      throw new AppError('conflict', `The name "${name}" belongs to a model of the models folder.`);
    }
    const manifest = manifestOfAdded(wanted, file.sha256, tensors);
    const identity = { developer, modelHash: file.sha256, name, version };
    return {
      manifest,
      identity,
      modelVersionId: modelVersionIdOf(identity),
      modelHashSha3: file.sha3,
      origin: 'added',
      sizeBytes: file.sizeBytes,
      withFile: (use) => use(file.path),
      preprocessing: undefined,
    };
  }

  /** The model is there whether or not the signer answers now; the next look at its keys commits to it. */
  private async commit(model: Model): Promise<void> {
    await this.parts.commitments
      .renew(model)
      .catch((error: unknown) => this.parts.commitmentLate(model.manifest.id, error));
  }
}

/** The model with what turns a text or a picture into its inputs. */
function withPreprocessing(model: Model, checked: CheckedPreprocess | undefined): Model {
  if (checked === undefined) return model;
  const { spec, preprocessing } = checked;
  return { ...model, manifest: { ...model.manifest, preprocess: spec }, preprocessing };
}

/** The id of a further version of a name: the first version has the name itself. */
export function versionedId(name: string, version: string): string {
  return `${name}-${version.toLowerCase().replace(/[^a-z0-9]+/g, '-')}`.slice(0, 64).replace(/-+$/, '');
}

type Settings = ReturnType<typeof settingsOf>;

/** What the owner says; the tensors come from the file, which is the same, and from how it ran at that time. */
function settingsOf({ inputs: _inputs, outputs, ...said }: ModelManifest) {
  return { ...said, labels: outputs.find(({ labels }) => labels)?.labels };
}

function differences(wanted: Settings, stored: Settings): ErrorDetail[] {
  const members = [...new Set([...Object.keys(wanted), ...Object.keys(stored)])] as (keyof Settings)[];
  const text = (value: unknown) => (value === undefined ? 'nothing' : canonicalJson(value));
  return members
    .filter((member) => text(wanted[member]) !== text(stored[member]))
    .map((member) => {
      const [has, asked] = [stored[member], wanted[member]].map((value) => text(value).slice(0, 128));
      return { pointer: `/${member}`, detail: `${member} is ${has}, not ${asked}` };
    });
}

function otherFile(
  { name, version }: { name: string; version: string },
  { model }: AddedModel,
  digest: string,
): AppError {
  return new AppError(
    'conflict',
    `"${name}" ${version} is there already with the SHA-256 ${model.identity.modelHash}, this file has ${digest}; ` +
      'add it as another version.',
  );
}

function full(): AppError {
  return new AppError('conflict', `${ADDED_MODELS_MAX} models are added already; retire one first.`);
}
