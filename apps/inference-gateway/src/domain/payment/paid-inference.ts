import { answerBytes, eventDraft, type AnswerLinks } from '../inference/answer.js';
import type { ModelExecutor, PreparedRequest } from '../inference/execute-model.js';
import { verificationOf } from '../inference/verification-of.js';
import type { VerificationStore } from '../inference/verification.js';
import { priceOf } from '../model/model.js';
import { requirementsFor } from './payment.js';
import {
  PaidRequests,
  type PaidCall,
  type PaidRequestsParts,
  type PresentedPayment,
} from './paid-requests.js';
import type { Reply } from './reply.js';

/** What {@link PaidInference} needs. */
export interface PaidInferenceParts extends Omit<PaidRequestsParts, 'answers'> {
  readonly executor: ModelExecutor;
  readonly verifications: VerificationStore;
  readonly links: AnswerLinks;
  readonly nowMs: () => number;
}

/** Answers of models that are paid for. */
export class PaidInference {
  private readonly requests: PaidRequests;

  constructor(private readonly parts: PaidInferenceParts) {
    this.requests = new PaidRequests({ ...parts, answers: parts.verifications });
  }

  /** {@link PaidRequests.present} */
  present(header: string): PresentedPayment {
    return this.requests.present(header);
  }

  /** {@link PaidRequests.resume} */
  resume(call: PaidCall): Promise<Reply | undefined> {
    return this.requests.resume(call);
  }

  /** @throws AppError; a PaymentChallenge when nothing or the wrong thing was paid */
  infer(request: PreparedRequest, presented: PresentedPayment | undefined): Promise<Reply> {
    const { terms, executor, verifications, links, nowMs } = this.parts;
    const { model, requestParts } = request;
    const { name, version } = model.manifest;
    return this.requests.take(
      {
        requirements: requirementsFor(priceOf(model), terms),
        description: `${name} ${version}`,
        requestParts,
        make: async (reservationId, payment) => {
          const execution = await executor.execute(request, payment);
          const row = verificationOf(execution, 'executed', reservationId, nowMs());
          return verifications.storeExecuted(row, eventDraft(execution), answerBytes(execution, links));
        },
      },
      presented,
    );
  }
}
