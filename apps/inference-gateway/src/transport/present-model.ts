import { Inject, Injectable } from '@nestjs/common';
import { AppError } from '@touchstone/contracts';
import { commitmentHash } from '@touchstone/evidence';
import type { ModelDetail, ModelsQuery, ModelSummary } from '@touchstone/contracts/http/inference-gateway';
import { CONFIG } from '@touchstone/platform/wiring';
import type { Config } from '../config.js';
import { CommitmentKeeper } from '../domain/model/commitment-keeper.js';
import type { ListedModel, ModelFilter } from '../domain/model/model-catalogue.js';
import type { UsageReader } from '../domain/market/usage.js';
import { priceOf, type MarketModel } from '../domain/model/model.js';
import { inputTypeOf, outputTypeOf } from '../domain/model/output-type.js';
import { bodyBytesMaxOf } from '../domain/request/body-limit.js';
import { USAGE } from '../tokens.js';
import { ProveOutput } from '../domain/proving/prove-output.js';

/** A model as lists show it. */
export function summarize({ model, status }: ListedModel, config: Config): ModelSummary {
  const { id, name, version, description, developer, task } = model.manifest;
  const price = presentPrice(priceOf(model), config);
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

/** A query as the catalogue knows it. */
export function filterOf({ cursor, maxPriceAtomic, ...query }: ModelsQuery): ModelFilter {
  return {
    ...query,
    after: cursor,
    maxPrice: maxPriceAtomic === undefined ? undefined : BigInt(maxPriceAtomic),
  };
}

/** A price in atomic units; null where nothing is to be paid. */
export function presentPrice(price: bigint, config: Config): ModelSummary['price'] {
  const { TOUCHSTONE_PAYMENT_ASSET: asset, TOUCHSTONE_PAYMENT_NETWORK: network } = config;
  if (config.TOUCHSTONE_PAYMENT_MODE === 'off' || price === 0n) return null;
  return { amount: price.toString(), asset, network };
}

/** Shows models with everything that is known about them. */
@Injectable()
export class ModelPages {
  constructor(
    @Inject(CommitmentKeeper) private readonly commitments: CommitmentKeeper,
    @Inject(ProveOutput) private readonly proofs: ProveOutput,
    @Inject(CONFIG) private readonly config: Config,
    @Inject(USAGE) private readonly usage: UsageReader,
  ) {}

  async show(listed: ListedModel): Promise<ModelDetail> {
    const { model } = listed;
    const { inputs, outputs, preprocess, accuracy, licence } = model.manifest;
    const commitment = await this.commitments.current(model.modelVersionId);
    return {
      ...summarize(listed, this.config),
      modelHash: model.identity.modelHash,
      modelHashSha3: model.modelHashSha3,
      sizeBytes: model.sizeBytes,
      inputs,
      outputs,
      bodyBytesMax: bodyBytesMaxOf(model),
      inputType: inputTypeOf(model.manifest),
      outputType: outputTypeOf(model.manifest),
      preprocess,
      ...(model.preprocessing?.features === undefined ? {} : { features: [...model.preprocessing.features] }),
      accuracy,
      licence,
      ...circuitOf(listed, this.proofs.quote(model), this.config),
      statistics: await this.statistics(model.modelVersionId),
      ...(model.market === undefined ? {} : marketOf(model.market)),
      commitment: commitment ?? null,
      commitmentHash: commitment ? commitmentHash(commitment) : null,
    };
  }

  private async statistics(modelVersionId: string): Promise<ModelDetail['statistics']> {
    const found = await this.usage.statistics(modelVersionId);
    // Every version is stored before it is listed.
    if (found === undefined) throw new AppError('unknown-model', `${modelVersionId} is not stored here.`);
    const { calls, errors, averageInferenceMs, sinceMs } = found;
    return { calls, errors, averageInferenceMs, since: new Date(sinceMs).toISOString() };
  }
}

function marketOf({
  revenueShareBps,
  modelSigning,
}: MarketModel): Pick<ModelDetail, 'revenueShareBps' | 'modelSigning'> {
  return { revenueShareBps, ...(modelSigning === undefined ? {} : { modelSigning }) };
}

function circuitOf(
  { model: { circuit } }: ListedModel,
  quote: ReturnType<ProveOutput['quote']>,
  config: Config,
): Pick<ModelDetail, 'circuit'> {
  if (circuit === undefined) return {};
  const { vkDigest, setup, descriptor, deviation } = circuit;
  const proofs = quote ? { price: presentPrice(quote.price, config), expectedMs: quote.expectedMs } : null;
  return { circuit: { vkDigest, setup, descriptor, deviation, proofs } };
}
