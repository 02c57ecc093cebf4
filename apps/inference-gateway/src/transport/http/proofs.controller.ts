import { Controller, Get, Inject, Post, Req, Res } from '@nestjs/common';
import { uuidV7 } from '@touchstone/contracts';
import {
  proofAnswer,
  proofOffer,
  proofRequest,
  type ProofOffer,
} from '@touchstone/contracts/http/inference-gateway';
import { ApiRoute, ZodBody, ZodParam, ZodQuery, type HttpRequest } from '@touchstone/platform/http';
import type { ServerResponse } from 'node:http';
import { z } from 'zod';
import { Links } from '../links.js';
import { ProofCalls } from '../proof-calls.js';
import { paymentHeaderOf, paymentRefusals, sendPaid } from './paid-reply.js';

/** Most bytes of the body of a request for a proof, which is an empty object. */
export const PROOF_BODY_BYTES_MAX = 1_024;

/** `/v1/verifications/:id/proof`. */
@Controller('v1/verifications')
export class ProofsController {
  constructor(
    @Inject(ProofCalls) private readonly calls: ProofCalls,
    @Inject(Links) private readonly links: Links,
  ) {}

  @Get(':id/proof')
  @ApiRoute({
    summary: 'Says whether an answer is proved, and what a proof of it costs and takes.',
    public: true,
    tags: ['proofs'],
    response: proofOffer,
    errors: ['validation-failed', 'unknown-verification'],
  })
  offer(@ZodParam('id', uuidV7) id: string): Promise<ProofOffer> {
    return this.calls.offer(id);
  }

  @Post(':id/proof')
  @ApiRoute({
    summary: 'Proves in zero knowledge that the model gave an answer.',
    public: true,
    description:
      'Paid by x402 version 2 like an inference, and charged only when the proof passed its verification. A proof is made once: whoever asks afterwards gets it for nothing, and the evidence of the answer carries it.',
    tags: ['proofs'],
    response: proofAnswer,
    errors: [
      ...paymentRefusals,
      'malformed-json',
      'unknown-verification',
      'not-provable',
      'model-not-active',
      'conflict',
      'body-too-large',
      'unsupported-media-type',
      'validation-failed',
      'queue-full',
      'dependency-unavailable',
      'timeout',
    ],
  })
  prove(
    @ZodParam('id', uuidV7) id: string,
    @ZodQuery(z.strictObject({})) _query: object,
    @ZodBody(proofRequest, { bytesMax: PROOF_BODY_BYTES_MAX }) _request: object,
    @Req() http: HttpRequest,
    @Res() response: ServerResponse,
  ): Promise<void> {
    return sendPaid(
      response,
      () =>
        this.calls.prove({
          verificationId: id,
          body: http.rawBody ?? new Uint8Array(),
          method: http.method ?? 'POST',
          target: http.url ?? '/',
          paymentHeader: paymentHeaderOf(http),
        }),
      () => this.links.proof(id),
    );
  }
}
