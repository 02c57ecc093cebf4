import { Controller, Get, HttpCode, Inject, Post, Req, UseGuards } from '@nestjs/common';
import { AppError } from '@touchstone/contracts';
import { modelDetail, type ModelDetail } from '@touchstone/contracts/http/inference-gateway';
import {
  modelHistory,
  statedReason,
  type ModelHistory,
  type StatedReason,
} from '@touchstone/contracts/http/market';
import { ApiRoute, BearerGuard, ZodBody, ZodParam, type HttpRequest } from '@touchstone/platform/http';
import { z } from 'zod';
import type { MarketCalls } from '../../domain/market/market-calls.js';
import { ModelCatalogue } from '../../domain/model/model-catalogue.js';
import { MARKET } from '../../tokens.js';
import { presentHistory } from '../present-market.js';
import { ModelPages } from '../present-model.js';
import { DeveloperOrOperatorGuard, developerOf } from './developer.guard.js';
import { Operator } from './operator.js';

const modelId = z.string().max(128);
const errors = [
  'unauthenticated',
  'validation-failed',
  'malformed-json',
  'unknown-model',
  'conflict',
  'dependency-unavailable',
] as const;

/** `/v1/models/:id/{suspend,resume,history}`. */
@Controller('v1/models')
export class ModelStatusController {
  constructor(
    @Inject(MARKET) private readonly market: MarketCalls,
    @Inject(ModelCatalogue) private readonly catalogue: ModelCatalogue,
    @Inject(ModelPages) private readonly pages: ModelPages,
  ) {}

  @Post(':id/suspend')
  @HttpCode(200)
  @UseGuards(BearerGuard(Operator))
  @ApiRoute({
    summary: 'Suspends an active model: no new requests until it is resumed; evidence and commitments stay.',
    description: 'Other replicas follow within ten seconds.',
    tags: ['operator'],
    response: modelDetail,
    security: ['operator'],
    errors,
  })
  async suspend(
    @ZodParam('id', modelId) id: string,
    @ZodBody(statedReason) { reason }: StatedReason,
  ): Promise<ModelDetail> {
    await this.market.status.suspend(id, reason);
    return this.pages.show(this.catalogue.get(id));
  }

  @Post(':id/resume')
  @HttpCode(200)
  @UseGuards(BearerGuard(Operator))
  @ApiRoute({
    summary: 'Takes requests for a suspended model again.',
    tags: ['operator'],
    response: modelDetail,
    security: ['operator'],
    errors,
  })
  async resume(
    @ZodParam('id', modelId) id: string,
    @ZodBody(statedReason) { reason }: StatedReason,
  ): Promise<ModelDetail> {
    await this.market.status.resume(id, reason);
    return this.pages.show(this.catalogue.get(id));
  }

  @Get(':id/history')
  @UseGuards(DeveloperOrOperatorGuard)
  @ApiRoute({
    summary: 'Who changed the status of a model version, when and why; the newest change first.',
    description: 'For the operator, and for the developer of the model.',
    tags: ['market'],
    response: modelHistory,
    security: ['developer', 'operator'],
    errors: ['unauthenticated', 'forbidden', 'unknown-model', 'dependency-unavailable'],
  })
  async history(@Req() request: HttpRequest, @ZodParam('id', modelId) id: string): Promise<ModelHistory> {
    const { model, status, history } = await this.market.status.history(id);
    const developer = developerOf(request);
    if (developer !== undefined && model.identity.developer !== developer)
      throw new AppError('forbidden', `The history of ${id} is for the operator and its developer.`);
    const { manifest, modelVersionId } = model;
    return { modelId: manifest.id, modelVersionId, status, history: presentHistory(history) };
  }
}
