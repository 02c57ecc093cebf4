import { Inject, Injectable } from '@nestjs/common';
import { parseStrictJson } from '@touchstone/canonical-json';
import { AppError } from '@touchstone/contracts';
import type { InferRequest } from '@touchstone/contracts/http/inference-gateway';
import { seedInferRequest, type SeedInferRequest } from '@touchstone/contracts/http/seed';
import { BODY_DEPTH_MAX, validate } from '@touchstone/platform/http';
import type { InferCall } from '../../../domain/inference/infer-model.js';
import type { JobRequest } from '../../../domain/job/job.js';
import { ModelCatalogue } from '../../../domain/model/model-catalogue.js';
import {
  TRANSFER_HEADER,
  txHashOf,
  type PaymentHeader,
  type Transfers,
} from '../../../domain/payment/transfers.js';
import { ProveOutput } from '../../../domain/proving/prove-output.js';
import { INFER_BODY_BYTES_MAX } from '../../../domain/request/request-limits.js';
import { TRANSFERS } from '../../../tokens.js';
import { requestOf } from './seed-request.js';

/** Whether a request came to the seed API. */
export function isSeedTarget(target: string): boolean {
  return /^(?:\/api)?\/infer\//.test(target);
}

/** Turns requests of the seed API into those of `/v1`. */
@Injectable()
export class SeedCalls {
  constructor(
    @Inject(ModelCatalogue) private readonly catalogue: ModelCatalogue,
    @Inject(ProveOutput) private readonly proofs: ProveOutput,
    @Inject(TRANSFERS) private readonly transfers: Transfers,
  ) {}

  /** The request as `/v1` takes it; of an unknown model as far as it goes, for its answer may be stored. */
  async request(seed: SeedInferRequest, modelId: string): Promise<InferRequest> {
    await this.catalogue.fetch(modelId);
    const model = this.catalogue.has(modelId) ? this.catalogue.get(modelId).model : undefined;
    return requestOf(seed, model, model !== undefined && this.proofs.quote(model) !== undefined);
  }

  /** Reads the body of a job that was taken before. @throws AppError when this version does not take it any more */
  async readAgain({ body, modelId }: JobRequest): Promise<Pick<InferCall, 'request' | 'body'>> {
    const limits = { maxBytes: INFER_BODY_BYTES_MAX, maxDepth: BODY_DEPTH_MAX, numbers: 'finite' } as const;
    const parsed = parseStrictJson(body, limits);
    if (!parsed.ok) throw new AppError('malformed-json', parsed.error.message);
    const seed = validate(seedInferRequest, parsed.value, 'body') as SeedInferRequest;
    return { body, request: await this.request(seed, modelId) };
  }

  /**
   * What a request pays with. A hash in the body names the transfer that the claim in the header is about, or pays alone where that is
   * allowed.
   *
   * @throws AppError `payment-malformed` for two payments, or a claim about another transfer
   */
  payment(header: PaymentHeader | undefined, paymentTxHash: string | undefined): PaymentHeader | undefined {
    if (paymentTxHash === undefined) return header;
    if (header === undefined) return { transferClaim: paymentTxHash };
    if (typeof header === 'string')
      throw malformed('Send either PAYMENT-SIGNATURE or paymentTxHash; nothing was taken.');
    const claimed = `0x${txHashOf(this.transfers.read(header.transferClaim))}`;
    if (claimed !== paymentTxHash)
      throw malformed(`${TRANSFER_HEADER} claims ${claimed}, paymentTxHash is ${paymentTxHash}.`);
    return header;
  }
}

function malformed(message: string): AppError {
  return new AppError('payment-malformed', message, {
    details: [{ pointer: '/paymentTxHash', detail: message }],
    legacyCode: 'VERIFICATION_ERROR',
  });
}
