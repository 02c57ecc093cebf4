import { Inject, Injectable } from '@nestjs/common';
import { AppError } from '@touchstone/contracts';
import { z } from 'zod';
import { InferModel, type InferCall } from '../domain/inference/infer-model.js';
import { type Reply } from '../domain/payment/reply.js';
import { ModelCatalogue } from '../domain/model/model-catalogue.js';
import { GatewayMetrics } from '../metrics.js';

/** Ids are looked up, not judged: an odd one is simply unknown. */
export const modelId = z.string().max(128);

/** Answers requests for an inference and counts what came of them, whatever the transport. */
@Injectable()
export class InferenceCalls {
  constructor(
    @Inject(InferModel) private readonly inferModel: InferModel,
    @Inject(ModelCatalogue) private readonly catalogue: ModelCatalogue,
    @Inject(GatewayMetrics) private readonly metrics: GatewayMetrics,
  ) {}

  /** @throws AppError; a PaymentChallenge when something is to be paid */
  async infer(call: InferCall): Promise<Reply> {
    const started = performance.now();
    let result = 'internal';
    try {
      const reply = await this.inferModel.infer(call);
      result = reply.kind === 'answered' && reply.replayed ? 'replayed' : reply.kind;
      return reply;
    } catch (error) {
      if (error instanceof AppError) result = error.code;
      throw error;
    } finally {
      const model = this.catalogue.has(call.modelId) ? call.modelId : 'unknown';
      this.metrics.inferred(model, result, (performance.now() - started) / 1_000);
    }
  }
}
