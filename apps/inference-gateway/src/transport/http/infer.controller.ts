import { Controller, Inject, Post, Req, Res } from '@nestjs/common';
import { inferAnswer, inferRequest, type InferRequest } from '@touchstone/contracts/http/inference-gateway';
import { ApiRoute, ZodBody, ZodParam, ZodQuery, type HttpRequest } from '@touchstone/platform/http';
import type { ServerResponse } from 'node:http';
import { z } from 'zod';
import { CHALLENGE_CACHE_CONTROL, paymentRequiredHeader, paymentResponseHeader } from '../x402-headers.js';
import type { InferReply } from '../../domain/inference/infer-model.js';
import { PaymentChallenge, settlementPending } from '../../domain/payment/payment-challenge.js';
import { INFER_BODY_BYTES_MAX } from '../../domain/request/request-limits.js';
import { InferenceCalls, modelId } from '../inference-calls.js';
import { Links } from '../links.js';

/** What a request for an inference may be refused with. */
const refusals = [
  'payment-malformed',
  'malformed-json',
  'payment-required',
  'payment-invalid',
  'unknown-model',
  'model-not-active',
  'payment-in-flight',
  'payment-bound-to-other-request',
  'rate-limited',
  'body-too-large',
  'unsupported-media-type',
  'validation-failed',
  'tensor-invalid',
  'text-invalid',
  'inference-failed',
  'queue-full',
  'dependency-unavailable',
  'node-blocked',
  'timeout',
  'settlement-pending',
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
      'Paid by x402 version 2: a request without PAYMENT-SIGNATURE is answered 402 with PAYMENT-REQUIRED; the paid one carries PAYMENT-RESPONSE. The same payment with the same request always gives the same bytes, is charged once, and says Idempotent-Replayed when it was answered before.',
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
    try {
      const reply = await this.calls.infer({
        modelId: id,
        request,
        body: http.rawBody ?? new Uint8Array(),
        method: http.method ?? 'POST',
        target: http.url ?? '/',
        paymentHeader: headerOf(http, 'payment-signature'),
      });
      this.send(response, reply);
    } catch (error) {
      if (error instanceof PaymentChallenge) {
        response.setHeader('PAYMENT-REQUIRED', paymentRequiredHeader(error));
        response.setHeader('Cache-Control', CHALLENGE_CACHE_CONTROL);
        const { settlement } = error.challenge;
        if (settlement) response.setHeader('PAYMENT-RESPONSE', paymentResponseHeader(settlement));
      }
      throw error;
    }
  }

  private send(response: ServerResponse, reply: InferReply): void {
    if (reply.settlement) response.setHeader('PAYMENT-RESPONSE', paymentResponseHeader(reply.settlement));
    if (reply.kind === 'pending') {
      const url = this.links.verification(reply.verificationId);
      response.setHeader('Location', url);
      throw settlementPending(reply.message, url);
    }
    if (reply.replayed) response.setHeader('Idempotent-Replayed', 'true');
    response.writeHead(200, {
      'content-type': 'application/json',
      'content-length': reply.body.length,
      'cache-control': 'private, no-store',
    });
    response.end(reply.body);
  }
}

/** Node joins a header that was sent twice by a comma, which no header here survives. */
function headerOf(request: HttpRequest, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(',') : value;
}
