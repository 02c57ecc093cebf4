import { answerBytes, eventDraft, type AnswerLinks } from '../inference/answer.js';
import type { ModelExecutor, PricedRequest } from '../inference/execute-model.js';
import { verificationOf } from '../inference/verification-of.js';
import type { VerificationStore } from '../inference/verification.js';
import { discoveryOf } from './discovery.js';
import { requirementsFor } from './payment.js';
import { PaidRequests, type PaidCall, type PaidRequestsParts, type PaidWork } from './paid-requests.js';
import type { PresentedPayment } from './presented-payment.js';
import type { ProveOutput } from '../proving/prove-output.js';
import type { Reply } from './reply.js';
import type { PaymentHeader } from './transfers.js';

/** What {@link PaidInference} needs. */
export interface PaidInferenceParts extends Omit<PaidRequestsParts, 'answers'> {
  readonly executor: ModelExecutor;
  readonly verifications: VerificationStore;
  readonly links: AnswerLinks;
  readonly proofs: Pick<ProveOutput, 'proveExecution'>;
  readonly nowMs: () => number;
}

/** Answers of models that are paid for. */
export class PaidInference {
  private readonly requests: PaidRequests;

  constructor(private readonly parts: PaidInferenceParts) {
    this.requests = new PaidRequests({ ...parts, answers: parts.verifications });
  }

  /** {@link PaidRequests.present} */
  present(header: PaymentHeader): PresentedPayment {
    return this.requests.present(header);
  }

  /** {@link PaidRequests.resume} */
  resume(call: PaidCall): Promise<Reply | undefined> {
    return this.requests.resume(call);
  }

  /** {@link PaidRequests.queue} */
  queue<T>(
    request: PricedRequest,
    presented: PresentedPayment | undefined,
    keep: (validBefore: string) => Promise<T>,
  ): Promise<T> {
    return this.requests.queue(this.workOf(request), presented, keep);
  }

  /** @throws AppError; a PaymentChallenge when nothing or the wrong thing was paid */
  infer(request: PricedRequest, presented: PresentedPayment | undefined): Promise<Reply> {
    return this.requests.take(this.workOf(request), presented);
  }

  private workOf(request: PricedRequest): PaidWork {
    const { terms, executor, verifications, links, proofs, nowMs } = this.parts;
    const { model, requestParts, price } = request;
    const { name, version } = model.manifest;
    return {
      requirements: requirementsFor(price, terms),
      description: `${name} ${version}`,
      discovery: discoveryOf(model, requestParts.target),
      requestParts,
      make: async (reservationId, payment) => {
        const execution = await executor.execute(request, payment);
        const { answer, proof } = await proofs.proveExecution(execution, request.prove);
        const row = verificationOf(execution, 'executed', reservationId, nowMs());
        const body = answerBytes(execution, links, answer);
        return verifications.storeExecuted(row, eventDraft(execution), body, proof);
      },
    };
  }
}
