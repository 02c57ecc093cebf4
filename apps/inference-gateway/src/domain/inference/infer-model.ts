import type { CanonicalTensor } from '@touchstone/contracts';
import type { InferRequest } from '@touchstone/contracts/http/inference-gateway';
import type { ModelCatalogue } from '../model/model-catalogue.js';
import { priceOf, type Model } from '../model/model.js';
import { boundParts, requireBoundParts, type BoundCall } from '../payment/bound-parts.js';
import type { PaidInference } from '../payment/paid-inference.js';
import type { PresentedPayment } from '../payment/presented-payment.js';
import type { Reply } from '../payment/reply.js';
import type { PaymentHeader } from '../payment/transfers.js';
import type { ProveOutput } from '../proving/prove-output.js';
import type { Preparers } from '../request/preparers.js';
import { readInputs } from '../request/read-inputs.js';
import { answerBytes, eventDraft, type AnswerLinks } from './answer.js';
import type { ModelExecutor, PricedRequest } from './execute-model.js';
import { verificationOf } from './verification-of.js';
import type { VerificationStore } from './verification.js';

/** The inputs of a request, with their hash where it is known. */
export interface ReadInputs {
  readonly tensors: readonly CanonicalTensor[];
  readonly hash?: string;
}

/** A request as it came, parsed and not yet checked against the model. */
export interface InferCall extends BoundCall {
  readonly modelId: string;
  readonly request: InferRequest;
  readonly paymentHeader: PaymentHeader | undefined;
  /** The inputs of a body that was read away from here, in which case `request` has none. @throws AppError as readInputs */
  readonly inputsOf?: ((model: Model) => ReadInputs) | undefined;
}

/** What {@link InferModel} needs. */
export interface InferModelParts {
  readonly catalogue: ModelCatalogue;
  readonly executor: ModelExecutor;
  readonly verifications: VerificationStore;
  readonly links: AnswerLinks;
  readonly nowMs: () => number;
  readonly proofs: Pick<ProveOutput, 'proveExecution' | 'requireProvable'>;
  readonly preparers: Preparers;
  /** Undefined when payment is off. */
  readonly paid: PaidInference | undefined;
}

/** Answers one inference request: checks it whole, then takes the paid or the free way. */
export class InferModel {
  constructor(private readonly parts: InferModelParts) {}

  /** @throws AppError; a PaymentChallenge when something is to be paid */
  async infer(call: InferCall): Promise<Reply> {
    const { paid } = this.parts;
    const earlier = await this.resume(call);
    if (earlier !== undefined) return earlier;
    const presented = this.presentedBy(call);
    await this.parts.catalogue.fetch(call.modelId);
    const request = await this.prepare(call);
    if (paid && request.price > 0n) return paid.infer(request, presented);
    const execution = await this.parts.executor.execute(request, null);
    const { answer, proof } = await this.parts.proofs.proveExecution(execution, request.prove);
    const verification = verificationOf(execution, 'recorded', null, this.parts.nowMs());
    await this.parts.verifications.record(verification, eventDraft(execution), proof);
    const body = answerBytes(execution, this.parts.links, answer);
    return { kind: 'answered', body, settlement: undefined, replayed: false };
  }

  /**
   * Goes on with a request whose answer is stored. It is looked for before the model: that one may be retired, replaced
   * or gone since it was paid.
   *
   * @returns undefined when no answer is stored for the payment and the request
   */
  async resume(call: InferCall): Promise<Reply | undefined> {
    const { modelId, target } = call;
    const presented = this.presentedBy(call);
    if (presented === undefined) return undefined;
    const partsFor = (modelVersionId: string) => boundParts(modelVersionId, call).data;
    return this.parts.paid?.resume({ description: modelId, target, presented, partsFor });
  }

  /**
   * Checks a request as {@link infer} does, reserves its payment and has it kept, to be answered later.
   *
   * @param keep stores the request; until when its payment is good, in Unix seconds, where it is paid
   * @throws AppError; a PaymentChallenge when something is to be paid
   */
  async accept<T>(call: InferCall, keep: (validBefore: string | undefined) => Promise<T>): Promise<T> {
    const { paid, catalogue } = this.parts;
    await catalogue.fetch(call.modelId);
    const request = await this.prepare(call);
    if (paid && request.price > 0n) return paid.queue(request, this.presentedBy(call), keep);
    return keep(undefined);
  }

  private presentedBy({ paymentHeader }: InferCall): PresentedPayment | undefined {
    return paymentHeader === undefined ? undefined : this.parts.paid?.present(paymentHeader);
  }

  private async prepare(call: InferCall): Promise<PricedRequest> {
    const startedMs = performance.now();
    const model = this.parts.catalogue.active(call.modelId);
    const prove = call.request.prove ?? 'none';
    const proofPrice = prove === 'none' ? 0n : this.parts.proofs.requireProvable(model).price;
    const inputs = call.inputsOf?.(model) ?? {
      tensors: await readInputs(model, call.request, this.parts.preparers),
      hash: undefined,
    };
    return {
      ...{ model, prove },
      price: priceOf(model) + (prove === 'now' ? proofPrice : 0n),
      inputs: inputs.tensors,
      inputHash: inputs.hash,
      requestParts: requireBoundParts(model.modelVersionId, call),
      startedMs,
    };
  }
}
