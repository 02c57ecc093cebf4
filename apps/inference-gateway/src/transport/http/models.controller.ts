import { Controller, Get, Inject } from '@nestjs/common';
import { commitmentHash } from '@touchstone/evidence';
import { ApiRoute, ZodParam, ZodQuery } from '@touchstone/platform/http';
import { CONFIG } from '@touchstone/platform/wiring';
import { z } from 'zod';
import {
  commitmentList,
  modelDetail,
  modelPage,
  modelsQuery,
  type CommitmentList,
  type ModelDetail,
  type ModelPage,
  type ModelsQuery,
} from '@touchstone/contracts/http/inference-gateway';
import type { Config } from '../../config.js';
import { CommitmentKeeper } from '../../domain/model/commitment-keeper.js';
import type { UsageReader } from '../../domain/market/usage.js';
import { ModelCatalogue } from '../../domain/model/model-catalogue.js';
import { USAGE } from '../../tokens.js';
import { filterOf, ModelPages, summarize } from '../present-model.js';

/** `GET /v1/models` and `GET /v1/models/:id`. */
@Controller('v1/models')
export class ModelsController {
  constructor(
    @Inject(ModelCatalogue) private readonly catalogue: ModelCatalogue,
    @Inject(CommitmentKeeper) private readonly commitments: CommitmentKeeper,
    @Inject(ModelPages) private readonly pages: ModelPages,
    @Inject(CONFIG) private readonly config: Config,
    @Inject(USAGE) private readonly usage: UsageReader,
  ) {}

  @Get()
  @ApiRoute({
    summary: 'Lists the models, in order of their ids unless another order is asked for.',
    public: true,
    tags: ['models'],
    response: modelPage,
    errors: ['validation-failed', 'dependency-unavailable'],
  })
  async list(@ZodQuery(modelsQuery) query: ModelsQuery): Promise<ModelPage> {
    await this.catalogue.fetchAll();
    const calls = query.sort === '-calls' ? await this.usage.calls() : undefined;
    const { models, next } = this.catalogue.page({ ...filterOf(query), calls });
    return { models: models.map((listed) => summarize(listed, this.config)), nextCursor: next ?? null };
  }

  @Get(':id')
  @ApiRoute({
    summary: 'Shows a model with its hashes, tensors, price and commitment.',
    public: true,
    tags: ['models'],
    response: modelDetail,
    errors: ['unknown-model'],
  })
  async show(@ZodParam('id', z.string().max(128)) id: string): Promise<ModelDetail> {
    await this.catalogue.fetch(id);
    return this.pages.show(this.catalogue.get(id));
  }

  @Get(':id/commitments')
  @ApiRoute({
    summary: 'Lists every commitment of a model version, newest first; older evidence carries older ones.',
    public: true,
    tags: ['models'],
    response: commitmentList,
    errors: ['unknown-model'],
  })
  async history(@ZodParam('id', z.string().max(128)) id: string): Promise<CommitmentList> {
    await this.catalogue.fetch(id);
    const { modelVersionId } = this.catalogue.get(id).model;
    const commitments = await this.commitments.history(modelVersionId);
    return {
      items: commitments.map((commitment) => ({ commitmentHash: commitmentHash(commitment), commitment })),
    };
  }
}
