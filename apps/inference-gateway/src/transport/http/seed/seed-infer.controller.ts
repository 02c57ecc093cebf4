import { Controller, Inject, Post, Res, UseFilters } from '@nestjs/common';
import { seedError, seedInferAnswer, seedInferRequest } from '@touchstone/contracts/http/seed';
import { seedJob } from '@touchstone/contracts/http/seed-records';
import { ApiRoute, DeclaredBody, ZodParam, ZodQuery, type HttpRequest } from '@touchstone/platform/http';
import type { ServerResponse } from 'node:http';
import { z } from 'zod';
import type { InferCall } from '../../../domain/inference/infer-model.js';
import type { JobCalls } from '../../../domain/job/job-calls.js';
import { INFER_BODY_BYTES_CEILING } from '../../../domain/request/request-limits.js';
import { JOB_CALLS } from '../../../tokens.js';
import { inferRefusals } from '../infer-refusals.js';
import { paymentHeaderOf, sendPaid, tellingChallenges } from '../paid-reply.js';
import { InferenceCalls, modelId } from '../../inference-calls.js';
import { Links } from '../../links.js';
import { seedAnswerText } from './seed-answer.js';
import { SeedCalls } from './seed-calls.js';
import { SeedErrors } from './seed-errors.js';
import { acceptedSeedJobText } from './seed-job.js';

/** `POST /infer/:modelId` and `POST /api/infer/:modelId` (R-INFER-1). */
@Controller()
@UseFilters(SeedErrors)
export class SeedInferController {
  constructor(
    @Inject(InferenceCalls) private readonly calls: InferenceCalls,
    @Inject(JOB_CALLS) private readonly jobs: JobCalls,
    @Inject(SeedCalls) private readonly seed: SeedCalls,
    @Inject(Links) private readonly links: Links,
  ) {}

  @Post(['infer/:modelId', 'api/infer/:modelId'])
  @ApiRoute({
    summary: 'Runs a model; the seed API.',
    public: true,
    description:
      'Paid by x402 in PAYMENT-SIGNATURE, or by a transfer that was made before: paymentTxHash with the claim of its payer in touchstone-transfer-claim. Without a payment the answer is 402 and says what either needs. The same request with the same payment always gives the same bytes and is charged once. With async the answer is 202 with a job.',
    tags: ['seed'],
    response: seedInferAnswer,
    responses: {
      202: {
        description:
          'The job that answers the request; or a refusal SETTLEMENT_PENDING: the answer waits for its payment.',
        schema: seedJob,
      },
    },
    errors: inferRefusals,
    errorSchema: seedError,
  })
  async infer(
    @ZodParam('modelId', modelId) id: string,
    @ZodQuery(z.strictObject({})) _query: object,
    @DeclaredBody(seedInferRequest, { bytesMax: INFER_BODY_BYTES_CEILING }) http: HttpRequest,
    @Res() response: ServerResponse,
  ): Promise<void> {
    const { seed, ...read } = await this.seed.read(http, id);
    const call: InferCall = {
      modelId: id,
      ...read,
      method: http.method ?? 'POST',
      target: http.url ?? '/',
      paymentHeader: this.seed.payment(paymentHeaderOf(http), seed.paymentTxHash),
    };
    if (call.request.async === true) return this.accept(call, response);
    await sendPaid(
      response,
      () => this.calls.infer(call),
      (verificationId) => this.links.seedVerification(verificationId),
      (answer, settlement) => Buffer.from(seedAnswerText(answer, settlement, seed.returnProof)),
    );
  }

  private async accept(call: InferCall, response: ServerResponse): Promise<void> {
    const job = await tellingChallenges(response, () => this.jobs.accept.accept(call));
    const body = Buffer.from(acceptedSeedJobText(job, this.jobs.secretOf(job.id), this.links));
    response.writeHead(202, {
      location: `/api/jobs/${job.id}`,
      'content-type': 'application/json',
      'content-length': body.length,
      'cache-control': 'private, no-store',
    });
    response.end(body);
  }
}
