import { Inject, Injectable } from '@nestjs/common';
import type { SeedModel } from '@touchstone/contracts/http/seed-records';
import { CONFIG } from '@touchstone/platform/wiring';
import type { Config } from '../../../config.js';
import type { ListedModel } from '../../../domain/model/model-catalogue.js';
import { priceOf } from '../../../domain/model/model.js';
import { ProveOutput } from '../../../domain/proving/prove-output.js';
import { Links } from '../../links.js';
import { dollars } from '../../usdc.js';

const BYTES_OF_A_MEGABYTE = 1_000_000;
const PERCENT = 100;
/** Digits that are told of an accuracy in percent and of a size in megabytes. */
const DIGITS = 4;

/** Shows models in the form of the seed API. */
@Injectable()
export class SeedModelPages {
  constructor(
    @Inject(ProveOutput) private readonly proofs: ProveOutput,
    @Inject(Links) private readonly links: Links,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  show({ model, status }: ListedModel): SeedModel {
    const { id, name, version, description, developer, task, accuracy } = model.manifest;
    const isFree = this.config.TOUCHSTONE_PAYMENT_MODE === 'off';
    return {
      ...{ id, name, version, description, developer },
      category: task,
      status,
      price: dollars(isFree ? 0n : priceOf(model)),
      currency: 'USDC',
      onnxHash: `0x${model.modelHashSha3}`,
      onnxSha256: model.identity.modelHash,
      onnxSizeMb: rounded(model.sizeBytes / BYTES_OF_A_MEGABYTE),
      accuracyPercent: accuracy === undefined ? null : rounded(accuracy.value * PERCENT),
      canBeProved: this.proofs.quote(model) !== undefined,
      page: this.links.model(id),
    };
  }
}

function rounded(value: number): number {
  return Number(value.toFixed(DIGITS));
}
