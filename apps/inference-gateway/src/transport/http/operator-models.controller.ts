import {
  Controller,
  Delete,
  HttpCode,
  Inject,
  Post,
  Req,
  Res,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import { ApiRoute, BearerGuard, ZodParam, type HttpRequest } from '@touchstone/platform/http';
import type { ServerResponse } from 'node:http';
import { z } from 'zod';
import { modelDetail, modelForm, type ModelDetail } from '@touchstone/contracts/http/inference-gateway';
import { AddModel } from '../../domain/model/add-model.js';
import { ModelCatalogue } from '../../domain/model/model-catalogue.js';
import type { UploadPlace } from '../../domain/model/model-files.js';
import { UPLOADS } from '../../tokens.js';
import { Operator } from './operator.js';
import { ModelPages } from '../present-model.js';
import { formRefusals } from './read-form.js';
import { withModelForm } from './read-model-form.js';
import { UploadLimit } from './upload-limit.interceptor.js';

const CREATED = 201;

/** `POST /v1/models` and `DELETE /v1/models/:id`, for the operator. */
@Controller('v1/models')
@UseGuards(BearerGuard(Operator))
export class OperatorModelsController {
  constructor(
    @Inject(AddModel) private readonly addModel: AddModel,
    @Inject(ModelCatalogue) private readonly catalogue: ModelCatalogue,
    @Inject(ModelPages) private readonly pages: ModelPages,
    @Inject(UPLOADS) private readonly uploads: UploadPlace,
  ) {}

  @Post()
  @UseInterceptors(UploadLimit)
  @ApiRoute({
    summary: 'Adds a model.',
    description:
      'The form has the parts `model`, the ONNX file, and `manifest`, JSON with name, priceAtomic and optionally version, developer, description, licence, task and labels; a model that takes pictures has `image.json` besides, one that takes texts `text-input.json` and `tokenizer.json`. Answers 201 with the model as it is listed; 200 when the same file with the same settings is there already.',
    tags: ['operator'],
    responses: {
      200: { description: 'The model was there already.', schema: modelDetail },
      201: { description: 'The model was added.', schema: modelDetail },
    },
    rawBodyMediaType: 'multipart/form-data',
    rawBodySchema: modelForm,
    security: ['operator'],
    errors: [...formRefusals, 'timeout'],
  })
  async add(
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) response: ServerResponse,
  ): Promise<ModelDetail> {
    const { id, created } = await withModelForm(request, this.uploads, ({ manifest, file, preprocess }) =>
      this.addModel.add(manifest, file, preprocess),
    );
    if (created) response.statusCode = CREATED;
    return this.pages.show(this.catalogue.get(id));
  }

  @Delete(':id')
  @HttpCode(200)
  @ApiRoute({
    summary: 'Retires a model that was added: no new requests; evidence and commitments stay.',
    tags: ['operator'],
    response: modelDetail,
    security: ['operator'],
    errors: ['unauthenticated', 'unknown-model', 'conflict', 'dependency-unavailable'],
  })
  async retire(@ZodParam('id', z.string().max(128)) id: string): Promise<ModelDetail> {
    await this.addModel.retire(id);
    return this.pages.show(this.catalogue.get(id));
  }
}
