import { Controller, Get, Inject, UseFilters } from '@nestjs/common';
import { seedError } from '@touchstone/contracts/http/seed';
import {
  seedModelAnswer,
  seedModelList,
  seedModelsQuery,
  type SeedModelAnswer,
  type SeedModelList,
  type SeedModelsQuery,
} from '@touchstone/contracts/http/seed-records';
import { ApiRoute, ZodParam, ZodQuery } from '@touchstone/platform/http';
import { ModelCatalogue } from '../../../domain/model/model-catalogue.js';
import { modelId } from '../../inference-calls.js';
import { atomicOf } from '../../usdc.js';
import { SeedErrors } from './seed-errors.js';
import { SeedModelPages } from './seed-model.js';

const PERCENT = 100;

/** `GET /api/models` and `GET /api/models/:modelId` (R-INFER-2). */
@Controller('api/models')
@UseFilters(SeedErrors)
export class SeedModelsController {
  constructor(
    @Inject(ModelCatalogue) private readonly catalogue: ModelCatalogue,
    @Inject(SeedModelPages) private readonly pages: SeedModelPages,
  ) {}

  @Get()
  @ApiRoute({
    summary: 'Lists the models that take requests; the seed API.',
    public: true,
    tags: ['seed'],
    response: seedModelList,
    errors: ['dependency-unavailable'],
    errorSchema: seedError,
  })
  async list(@ZodQuery(seedModelsQuery) query: SeedModelsQuery): Promise<SeedModelList> {
    const { category, maxPrice, minAccuracy, sort, limit, cursor } = query;
    await this.catalogue.fetchAll();
    const { models, next } = this.catalogue.page({
      ...{ status: 'active', task: category, sort, limit, after: cursor },
      maxPrice: maxPrice === undefined ? undefined : atomicOf(maxPrice),
      minAccuracy: minAccuracy === undefined ? undefined : minAccuracy / PERCENT,
    });
    return {
      success: true,
      models: models.map((listed) => this.pages.show(listed)),
      nextCursor: next ?? null,
    };
  }

  @Get(':modelId')
  @ApiRoute({
    summary: 'Shows a model; the seed API.',
    public: true,
    tags: ['seed'],
    response: seedModelAnswer,
    errors: ['unknown-model', 'dependency-unavailable'],
    errorSchema: seedError,
  })
  async show(@ZodParam('modelId', modelId) id: string): Promise<SeedModelAnswer> {
    await this.catalogue.fetch(id);
    return { success: true, model: this.pages.show(this.catalogue.get(id)) };
  }
}
