import { Controller, Get, Inject } from '@nestjs/common';
import { slug } from '@touchstone/contracts';
import { commitmentHash } from '@touchstone/evidence';
import { ApiRoute, CONFIG, ZodParam, ZodQuery } from '@touchstone/platform';
import { z } from 'zod';
import type { Config } from '../../config.js';
import { CommitmentKeeper } from '../../domain/model/commitment-keeper.js';
import { ModelCatalogue } from '../../domain/model/model-catalogue.js';
import { modelStatuses } from '../../domain/model/model.js';
import { commitmentList, modelDetail, modelPage } from './answers.js';
import { presentModel, summarize } from './present-model.js';

/** Most models on one page. */
export const MODELS_PAGE_MAX = 100;
const MODELS_PAGE_DEFAULT = 20;

const listQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(MODELS_PAGE_MAX).default(MODELS_PAGE_DEFAULT),
  cursor: slug.optional(),
  task: slug.optional(),
  status: z.enum(modelStatuses).optional(),
});

/** `GET /v1/models` and `GET /v1/models/:id`. */
@Controller('v1/models')
export class ModelsController {
  constructor(
    @Inject(ModelCatalogue) private readonly catalogue: ModelCatalogue,
    @Inject(CommitmentKeeper) private readonly commitments: CommitmentKeeper,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  @Get()
  @ApiRoute({
    summary: 'Lists the models in order of their ids.',
    public: true,
    tags: ['models'],
    response: modelPage,
    errors: ['validation-failed'],
  })
  async list(@ZodQuery(listQuery) query: z.output<typeof listQuery>) {
    await this.catalogue.fetchAll();
    const { limit, cursor: after, task, status } = query;
    const { models, next } = this.catalogue.page({ limit, after, task, status });
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
  async show(@ZodParam('id', z.string().max(128)) id: string) {
    await this.catalogue.fetch(id);
    return presentModel(this.catalogue.get(id), this.commitments, this.config);
  }

  @Get(':id/commitments')
  @ApiRoute({
    summary: 'Lists every commitment of a model version, newest first; older evidence carries older ones.',
    public: true,
    tags: ['models'],
    response: commitmentList,
    errors: ['unknown-model'],
  })
  async history(@ZodParam('id', z.string().max(128)) id: string) {
    await this.catalogue.fetch(id);
    const { modelVersionId } = this.catalogue.get(id).model;
    const commitments = await this.commitments.history(modelVersionId);
    return {
      items: commitments.map((commitment) => ({ commitmentHash: commitmentHash(commitment), commitment })),
    };
  }
}
