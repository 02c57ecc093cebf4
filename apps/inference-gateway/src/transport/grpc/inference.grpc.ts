import type { Metadata } from '@grpc/grpc-js';
import { Controller, Inject } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import { AppError, uuidV7 } from '@touchstone/contracts';
import { inferRequest, modelsQuery } from '@touchstone/contracts/http/inference-gateway';
import { validate } from '@touchstone/platform/http';
import { CONFIG } from '@touchstone/platform/wiring';
import type { Observable } from 'rxjs';
import type { Config } from '../../config.js';
import type { Verification, VerificationStore } from '../../domain/inference/verification.js';
import { VerificationWatches } from '../../domain/inference/watch-verification.js';
import { ModelCatalogue } from '../../domain/model/model-catalogue.js';
import { INFER_BODY_BYTES_MAX } from '../../domain/request/request-limits.js';
import { VERIFICATIONS } from '../../tokens.js';
import { InferenceCalls, modelId } from '../inference-calls.js';
import { Links } from '../links.js';
import { filterOf, ModelPages, summarize } from '../present-model.js';
import { presentVerification } from '../present-verification.js';
import {
  answerMessage,
  modelMessage,
  queryOf,
  requestOf,
  summaryMessage,
  verificationMessage,
  type InferMessage,
  type ListModelsMessage,
} from './messages.js';
import { answerPaid, boundCallOf, type PaidCall } from './paid-answer.js';
import { watchStream } from './watch-stream.js';

/** Largest request message in bytes: it is read in the thread that answers everybody, and an element takes a byte of it at least. */
export const INFER_MESSAGE_BYTES_MAX = INFER_BODY_BYTES_MAX / 2;

/** The gateway over gRPC: the use cases, the schemas and the errors of HTTP, and payments in the metadata (protocol section 10). */
@Controller()
export class InferenceGrpc {
  constructor(
    @Inject(InferenceCalls) private readonly calls: InferenceCalls,
    @Inject(ModelCatalogue) private readonly catalogue: ModelCatalogue,
    @Inject(ModelPages) private readonly pages: ModelPages,
    @Inject(VERIFICATIONS) private readonly verifications: VerificationStore,
    @Inject(VerificationWatches) private readonly watches: VerificationWatches,
    @Inject(Links) private readonly links: Links,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  @GrpcMethod('InferenceService', 'Infer')
  async infer(message: InferMessage, metadata: Metadata, call: PaidCall): Promise<object> {
    return answerPaid(
      call,
      () =>
        this.calls.infer({
          modelId: validate(modelId, message.modelId, 'body'),
          request: validate(inferRequest, requestOf(message), 'body'),
          ...boundCallOf(message, metadata, call),
        }),
      { messageOf: answerMessage, pendingUrl: (verificationId) => this.links.verification(verificationId) },
    );
  }

  @GrpcMethod('InferenceService', 'GetModel')
  async model(message: { readonly modelId: string }): Promise<object> {
    const id = validate(modelId, message.modelId, 'body');
    await this.catalogue.fetch(id);
    const shown = await this.pages.show(this.catalogue.get(id));
    return { model: modelMessage(shown) };
  }

  @GrpcMethod('InferenceService', 'ListModels')
  async models(message: ListModelsMessage): Promise<object> {
    const query = validate(modelsQuery, queryOf(message), 'body');
    await this.catalogue.fetchAll();
    const { models, next } = this.catalogue.page(filterOf(query));
    return {
      models: models.map((listed) => summaryMessage(summarize(listed, this.config))),
      nextCursor: next,
    };
  }

  @GrpcMethod('InferenceService', 'GetVerification')
  async verification(message: { readonly verificationId: string }): Promise<object> {
    const id = validate(uuidV7, message.verificationId, 'body');
    const found = await this.verifications.find(id);
    if (!found) throw new AppError('unknown-verification', `There is no verification ${id}.`);
    return this.shown(found);
  }

  @GrpcMethod('InferenceService', 'WatchVerification')
  watch(message: { readonly verificationId: string }): Observable<object> {
    const id = validate(uuidV7, message.verificationId, 'body');
    return watchStream(
      (signal) => this.watches.watch(id, signal),
      (found) => this.shown(found),
    );
  }

  private shown(verification: Verification): object {
    return { verification: verificationMessage(presentVerification(verification, this.links)) };
  }
}
