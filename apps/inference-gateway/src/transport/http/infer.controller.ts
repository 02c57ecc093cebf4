import { Controller, Inject, Post, Req, Res } from '@nestjs/common';
import { inferAnswer, inferRequest, type InferRequest } from '@touchstone/contracts/http/inference-gateway';
import { ApiRoute, ZodBody, ZodParam, ZodQuery, type HttpRequest } from '@touchstone/platform/http';
import type { ServerResponse } from 'node:http';
import { z } from 'zod';
import { INFER_BODY_BYTES_MAX } from '../../domain/request/request-limits.js';
import { InferenceCalls, modelId } from '../inference-calls.js';
import { Links } from '../links.js';
import { paymentHeaderOf, paymentRefusals, sendPaid } from './paid-reply.js';

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
    @Inject(Links) private readonly links: Links,
  ) {}

  @Post('v1/models/:id/infer')
  @ApiRoute({
    summary: 'Runs a model and answers with a signed proof of the output.',
    public: true,
    description:
      'Paid by x402 version 2: a request without PAYMENT-SIGNATURE is answered 402 with PAYMENT-REQUIRED; the paid one carries PAYMENT-RESPONSE. The same payment with the same request always gives the same bytes, is charged once, and says Idempotent-Replayed when it was answered before. A transfer that was made before pays too, with the claim of its payer in touchstone-transfer-claim.',
    tags: ['inference'],
    response: inferAnswer,
    errors: refusals,
  })
  async infer(
    @ZodParam('id', modelId) id: string,
    @ZodQuery(z.strictObject({})) _query: object,
    @ZodBody(inferRequest, { bytesMax: INFER_BODY_BYTES_MAX, numbers: 'finite' }) request: InferRequest,
    @Req() http: HttpRequest,
    @Res() response: ServerResponse,
  ): Promise<void> {
    await sendPaid(
      response,
      () =>
        this.calls.infer({
          modelId: id,
          request,
          body: http.rawBody ?? new Uint8Array(),
          method: http.method ?? 'POST',
          target: http.url ?? '/',
          paymentHeader: paymentHeaderOf(http),
        }),
      (verificationId) => this.links.verification(verificationId),
    );
  }
}
