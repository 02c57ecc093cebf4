import type { Metadata, ServerUnaryCall } from '@grpc/grpc-js';
import { Controller, Inject } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import { AppError, uuidV7 } from '@touchstone/contracts';
import { inferRequest, modelsQuery } from '@touchstone/contracts/http/inference-gateway';
import { messageBytes, setTrailer } from '@touchstone/platform/grpc';
import { validate } from '@touchstone/platform/http';
import { CONFIG } from '@touchstone/platform/wiring';
import { Observable } from 'rxjs';
import type { Config } from '../../config.js';
import type { Reply } from '../../domain/payment/reply.js';
import type { Verification, VerificationStore } from '../../domain/inference/verification.js';
import { VerificationWatches } from '../../domain/inference/watch-verification.js';
import { ModelCatalogue } from '../../domain/model/model-catalogue.js';
import { PaymentChallenge, settlementPending } from '../../domain/payment/payment-challenge.js';
import { TRANSFER_HEADER, type PaymentHeader } from '../../domain/payment/transfers.js';
import { INPUT_ELEMENTS_MAX } from '../../domain/request/request-limits.js';
import { VERIFICATIONS } from '../../tokens.js';
import { InferenceCalls, modelId } from '../inference-calls.js';
import { Links } from '../links.js';
import { ModelPages, summarize } from '../present-model.js';
import { presentVerification } from '../present-verification.js';
import { onePayment, paymentRequiredHeader, paymentResponseHeader } from '../x402-headers.js';
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

/** Largest request message in bytes: an element takes one at least, so no more elements come than over HTTP. */
export const INFER_MESSAGE_BYTES_MAX = INPUT_ELEMENTS_MAX;

type Call = ServerUnaryCall<unknown, unknown>;

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
  async infer(message: InferMessage, metadata: Metadata, call: Call): Promise<object> {
    try {
      const reply = await this.calls.infer({
        modelId: validate(modelId, message.modelId, 'body'),
        request: validate(inferRequest, requestOf(message), 'body'),
        body: messageBytes(message),
        method: 'POST',
        target: call.getPath(),
        paymentHeader: paymentOf(metadata),
      });
      return this.answer(reply, call);
    } catch (error) {
      if (error instanceof PaymentChallenge) {
        setTrailer(call, 'payment-required', paymentRequiredHeader(error));
        const { settlement } = error.challenge;
        if (settlement) setTrailer(call, 'payment-response', paymentResponseHeader(settlement));
      }
      throw error;
    }
  }

  private answer(reply: Reply, call: Call): object {
    if (reply.settlement) setTrailer(call, 'payment-response', paymentResponseHeader(reply.settlement));
    if (reply.kind === 'pending') {
      setTrailer(call, 'verification-id', reply.verificationId);
      throw settlementPending(reply.message, this.links.verification(reply.verificationId));
    }
    if (reply.replayed) setTrailer(call, 'idempotent-replayed', 'true');
    return answerMessage(reply.body);
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
    const { limit, cursor: after, task, status } = validate(modelsQuery, queryOf(message), 'body');
    await this.catalogue.fetchAll();
    const { models, next } = this.catalogue.page({ limit, after, task, status });
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
    return new Observable((subscriber) => {
      // A caller who leaves, or whose deadline passes, unsubscribes.
      const left = new AbortController();
      const tell = async (): Promise<void> => {
        for await (const found of this.watches.watch(id, left.signal)) subscriber.next(this.shown(found));
      };
      tell().then(
        () => subscriber.complete(),
        (error: unknown) => subscriber.error(error),
      );
      return () => left.abort();
    });
  }

  private shown(verification: Verification): object {
    return { verification: verificationMessage(presentVerification(verification, this.links)) };
  }
}

/** What was sent twice is joined by a comma, as over HTTP, which no payment survives. */
function paymentOf(metadata: Metadata): PaymentHeader | undefined {
  const valueOf = (name: string) => {
    const values = metadata.get(name).map(String);
    return values.length === 0 ? undefined : values.join(',');
  };
  return onePayment(valueOf('payment-signature'), valueOf(TRANSFER_HEADER));
}
