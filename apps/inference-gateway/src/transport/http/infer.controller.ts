import { Controller, Inject, Post, Req, Res } from '@nestjs/common';
import { inferAnswer, inferRequest, type InferRequest } from '@touchstone/contracts/http/inference-gateway';
import { acceptedJob } from '@touchstone/contracts/http/jobs';
import { ApiRoute, ZodBody, ZodParam, ZodQuery, type HttpRequest } from '@touchstone/platform/http';
import type { ServerResponse } from 'node:http';
import { z } from 'zod';
import type { InferCall } from '../../domain/inference/infer-model.js';
import type { JobCalls } from '../../domain/job/job-calls.js';
import { INFER_BODY_BYTES_MAX } from '../../domain/request/request-limits.js';
import { JOB_CALLS } from '../../tokens.js';
import { InferenceCalls, modelId } from '../inference-calls.js';
import { Links } from '../links.js';
import { presentAccepted } from '../present-job.js';
import { paymentHeaderOf, paymentRefusals, sendPaid, tellingChallenges } from './paid-reply.js';

/** What a request for an inference may be refused with. */
const refusals = [
  ...paymentRefusals,
  'malformed-json',
  'unknown-model',
  'model-not-active',
  'body-too-large',
  'unsupported-media-type',
  'validation-failed',
  'tensor-invalid',
  'text-invalid',
  'image-invalid',
  'inference-failed',
  'not-provable',
  'queue-full',
  'dependency-unavailable',
  'node-blocked',
  'timeout',
] as const;

/** `POST /v1/models/:id/infer`. */
@Controller()
export class InferController {
  constructor(
    @Inject(InferenceCalls) private readonly calls: InferenceCalls,
    @Inject(JOB_CALLS) private readonly jobs: JobCalls,
    @Inject(Links) private readonly links: Links,
  ) {}

  @Post('v1/models/:id/infer')
  @ApiRoute({
    summary: 'Runs a model and answers with a signed proof of the output.',
    public: true,
    description:
      'Paid by x402 version 2: a request without PAYMENT-SIGNATURE is answered 402 with PAYMENT-REQUIRED; the paid one carries PAYMENT-RESPONSE. The same payment with the same request always gives the same bytes, is charged once, and says Idempotent-Replayed when it was answered before. A transfer that was made before pays too, with the claim of its payer in touchstone-transfer-claim. With `async` the answer is 202 with a job, whose address is in Location; the payment is verified at once and charged when the answer is there.',
    tags: ['inference'],
    response: inferAnswer,
    responses: {
      202: {
        description:
          'The job that answers the request, where it said `async`; otherwise a problem `settlement-pending`: the answer waits for its payment.',
        schema: acceptedJob,
        otherMediaTypes: ['application/problem+json'],
      },
    },
    errors: refusals,
  })
  async infer(
    @ZodParam('id', modelId) id: string,
    @ZodQuery(z.strictObject({})) _query: object,
    @ZodBody(inferRequest, { bytesMax: INFER_BODY_BYTES_MAX, numbers: 'finite' }) request: InferRequest,
    @Req() http: HttpRequest,
    @Res() response: ServerResponse,
  ): Promise<void> {
    const call: InferCall = {
      modelId: id,
      request,
      body: http.rawBody ?? new Uint8Array(),
      method: http.method ?? 'POST',
      target: http.url ?? '/',
      paymentHeader: paymentHeaderOf(http),
    };
    if (request.async === true) return this.accept(call, response);
    await sendPaid(
      response,
      () => this.calls.infer(call),
      (verificationId) => this.links.verification(verificationId),
    );
  }

  private async accept(call: InferCall, response: ServerResponse): Promise<void> {
    const job = await tellingChallenges(response, () => this.jobs.accept.accept(call));
    const accepted = presentAccepted(job, this.jobs.secretOf(job.id), this.links);
    const body = Buffer.from(JSON.stringify(accepted));
    response.writeHead(202, {
      location: `/v1/jobs/${job.id}`,
      'content-type': 'application/json',
      'content-length': body.length,
      'cache-control': 'private, no-store',
    });
    response.end(body);
  }
}
