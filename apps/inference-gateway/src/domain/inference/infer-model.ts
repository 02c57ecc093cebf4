import { AppError, findingsOf, requestParts, type RequestParts } from '@touchstone/contracts';
import type { InferRequest } from '@touchstone/contracts/http/inference-gateway';
import { bytesToHex, sha256 } from '@touchstone/crypto';
import type { ModelCatalogue } from '../model/model-catalogue.js';
import { priceOf, type Model } from '../model/model.js';
import type { PaidInference } from '../payment/paid-inference.js';
import type { PresentedPayment } from '../payment/paid-requests.js';
import type { Reply } from '../payment/reply.js';
import { readInputs } from '../request/read-inputs.js';
import { answerBytes, eventDraft, type AnswerLinks } from './answer.js';
import type { ModelExecutor, PreparedRequest } from './execute-model.js';
import { verificationOf } from './verification-of.js';
import type { VerificationStore } from './verification.js';

/** A request as it came over HTTP, parsed and not yet checked against the model. */
export interface InferCall {
  readonly modelId: string;
  readonly request: InferRequest;
  /** The body after transfer decoding and before content decoding. */
  readonly body: Uint8Array;
  readonly method: string;
  /** Path and query exactly as received. */
  readonly target: string;
  readonly paymentHeader: string | undefined;
}

/** What {@link InferModel} needs. */
export interface InferModelParts {
  readonly catalogue: ModelCatalogue;
  readonly executor: ModelExecutor;
  readonly verifications: VerificationStore;
  readonly links: AnswerLinks;
  readonly nowMs: () => number;
  /** Undefined when payment is off. */
  readonly paid: PaidInference | undefined;
}

/** Answers one inference request: checks it whole, then takes the paid or the free way. */
export class InferModel {
  constructor(private readonly parts: InferModelParts) {}

  /** @throws AppError; a PaymentChallenge when something is to be paid */
  async infer(call: InferCall): Promise<Reply> {
    const { paid } = this.parts;
    const presented = call.paymentHeader === undefined ? undefined : paid?.present(call.paymentHeader);
    const earlier = await this.resume(call, presented);
    if (earlier !== undefined) return earlier;
    await this.parts.catalogue.fetch(call.modelId);
    const request = this.prepare(call);
    if (paid && priceOf(request.model) > 0n) return paid.infer(request, presented);
    const execution = await this.parts.executor.execute(request, null);
    const verification = verificationOf(execution, 'recorded', null, this.parts.nowMs());
    await this.parts.verifications.record(verification, eventDraft(execution));
    const body = answerBytes(execution, this.parts.links);
    return { kind: 'answered', body, settlement: undefined, replayed: false };
  }

  /** A stored answer is looked for before the model: that one may be retired, replaced or gone since it was paid. */
  private async resume(call: InferCall, presented: PresentedPayment | undefined): Promise<Reply | undefined> {
    const { modelId, target } = call;
    if (presented === undefined) return undefined;
    const partsFor = (modelVersionId: string) => partsOf(modelVersionId, call).data;
    return this.parts.paid?.resume({ description: modelId, target, presented, partsFor });
  }

  private prepare(call: InferCall): PreparedRequest {
    const startedMs = performance.now();
    const model = this.parts.catalogue.active(call.modelId);
    return {
      model,
      inputs: readInputs(model, call.request),
      requestParts: checkedParts(model, call),
      startedMs,
    };
  }
}

function partsOf(modelVersionId: string, { body, method, target }: InferCall) {
  return requestParts.safeParse({
    bodyDigest: bytesToHex(sha256(body)),
    method: method.toUpperCase(),
    modelVersionId,
    quoteId: null,
    target,
  });
}

/**
 * The parts that a payment is bound to (protocol section 10). They are checked here, because a target that does not
 * fit the evidence would only be noticed after the money moved.
 */
function checkedParts({ modelVersionId }: Model, call: InferCall): RequestParts {
  const parts = partsOf(modelVersionId, call);
  if (parts.success) return parts.data;
  const details = findingsOf(parts.error);
  const member = details[0]?.pointer.split('/')[1] ?? '';
  throw new AppError('validation-failed', `The ${member} of the request cannot be recorded in evidence.`, {
    status: 400,
    details,
  });
}
