import { Inject, Injectable } from '@nestjs/common';
import { AppError } from '@touchstone/contracts';
import type { HttpRequest } from '@touchstone/platform/http';
import type { JobRequest } from '../../../domain/job/job.js';
import { ModelCatalogue } from '../../../domain/model/model-catalogue.js';
import {
  TRANSFER_HEADER,
  txHashOf,
  type PaymentHeader,
  type Transfers,
} from '../../../domain/payment/transfers.js';
import { ProveOutput } from '../../../domain/proving/prove-output.js';
import type { ReadRequest } from '../../../domain/request/read-request.js';
import { TRANSFERS } from '../../../tokens.js';
import { InferBodies, type CallBody } from '../../infer-bodies.js';

/** What a body of the seed API says of a call. */
export type SeedCall = CallBody & { readonly seed: NonNullable<ReadRequest['seed']> };

/** Whether a request came to the seed API. */
export function isSeedTarget(target: string): boolean {
  return /^(?:\/api)?\/infer\//.test(target);
}

/** Turns requests of the seed API into those of `/v1`. */
@Injectable()
export class SeedCalls {
  constructor(
    @Inject(InferBodies) private readonly bodies: InferBodies,
    @Inject(ModelCatalogue) private readonly catalogue: ModelCatalogue,
    @Inject(ProveOutput) private readonly proofs: ProveOutput,
    @Inject(TRANSFERS) private readonly transfers: Transfers,
  ) {}

  /** Reads a request, with a proof where it is wanted and the model can be proved. @throws AppError of the body */
  async read(http: HttpRequest, modelId: string): Promise<SeedCall> {
    return this.withProof(await this.bodies.read(http, modelId, 'seed'), modelId);
  }

  /** Reads the body of a job that was taken before. @throws AppError when this version does not take it any more */
  async readAgain({ body, modelId }: JobRequest): Promise<SeedCall> {
    return this.withProof(await this.bodies.readAgain(body, modelId, 'seed'), modelId);
  }

  private withProof(read: CallBody, modelId: string): SeedCall {
    const seed = read.seed ?? { returnProof: true, paymentTxHash: undefined };
    const model = this.catalogue.has(modelId) ? this.catalogue.get(modelId).model : undefined;
    const isProved = seed.returnProof && model !== undefined && this.proofs.quote(model) !== undefined;
    return { ...read, seed, request: { ...read.request, ...(isProved ? { prove: 'now' } : {}) } };
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
    const claimed = this.claimedIn(header.transferClaim);
    if (claimed !== undefined && claimed !== paymentTxHash)
      throw malformed(`${TRANSFER_HEADER} claims ${claimed}, paymentTxHash is ${paymentTxHash}.`);
    return header;
  }

  /** Undefined of a claim that cannot be read: it is refused where payments are, with what is to be paid. */
  private claimedIn(claim: string): string | undefined {
    try {
      return `0x${txHashOf(this.transfers.read(claim))}`;
    } catch {
      return undefined;
    }
  }
}

function malformed(message: string): AppError {
  return new AppError('payment-malformed', message, {
    details: [{ pointer: '/paymentTxHash', detail: message }],
    legacyCode: 'VERIFICATION_ERROR',
  });
}
