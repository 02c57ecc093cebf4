import { commitmentHash } from '@touchstone/evidence';
import type { ModelDetail, ModelSummary } from '@touchstone/contracts/http/inference-gateway';
import type { Config } from '../config.js';
import type { CommitmentKeeper } from '../domain/model/commitment-keeper.js';
import type { ListedModel } from '../domain/model/model-catalogue.js';

/** A model as lists show it. */
export function summarize({ model, status }: ListedModel, config: Config): ModelSummary {
  const { id, name, version, description, developer, task, priceAtomic: amount } = model.manifest;
  const { TOUCHSTONE_PAYMENT_ASSET: asset, TOUCHSTONE_PAYMENT_NETWORK: network } = config;
  const free = config.TOUCHSTONE_PAYMENT_MODE === 'off' || amount === '0';
  const price = free ? null : { amount, asset, network };
  return {
    id,
    name,
    version,
    modelVersionId: model.modelVersionId,
    description,
    developer,
    task,
    status,
    price,
  };
}

/** A model with everything that is known about it. */
export async function presentModel(
  listed: ListedModel,
  commitments: CommitmentKeeper,
  config: Config,
): Promise<ModelDetail> {
  const { model } = listed;
  const { inputs, outputs, preprocess, accuracy, licence } = model.manifest;
  const commitment = await commitments.current(model.modelVersionId);
  return {
    ...summarize(listed, config),
    modelHash: model.identity.modelHash,
    modelHashSha3: model.modelHashSha3,
    sizeBytes: model.sizeBytes,
    inputs,
    outputs,
    preprocess,
    accuracy,
    licence,
    ...circuitOf(listed),
    commitment: commitment ?? null,
    commitmentHash: commitment ? commitmentHash(commitment) : null,
  };
}

function circuitOf({ model: { circuit } }: ListedModel): Pick<ModelDetail, 'circuit'> {
  if (circuit === undefined) return {};
  const { vkDigest, setup, descriptor } = circuit;
  return { circuit: { vkDigest, setup, descriptor } };
}
