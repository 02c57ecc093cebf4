import type { Metadata } from '@grpc/grpc-js';
import { Controller, Inject } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import { uuidV7 } from '@touchstone/contracts';
import { validate } from '@touchstone/platform/http';
import { Links } from '../links.js';
import { ProofCalls } from '../proof-calls.js';
import { proofMessage } from './messages.js';
import { answerPaid, boundCallOf, type PaidCall } from './paid-answer.js';

interface OfAnswer {
  readonly verificationId: string;
}

/** Proofs of answers of the past over gRPC: what `/v1/verifications/:id/proof` is over HTTP. */
@Controller()
export class ProofsGrpc {
  constructor(
    @Inject(ProofCalls) private readonly calls: ProofCalls,
    @Inject(Links) private readonly links: Links,
  ) {}

  @GrpcMethod('InferenceService', 'GetProofOffer')
  async offer(message: OfAnswer): Promise<object> {
    return this.calls.offer(idOf(message));
  }

  @GrpcMethod('InferenceService', 'OrderProof')
  async order(message: OfAnswer, metadata: Metadata, call: PaidCall): Promise<object> {
    const verificationId = idOf(message);
    return answerPaid(
      call,
      () => this.calls.prove({ verificationId, ...boundCallOf(message, metadata, call) }),
      { messageOf: proofMessage, pendingUrl: () => this.links.proof(verificationId) },
    );
  }
}

const idOf = ({ verificationId }: OfAnswer): string => validate(uuidV7, verificationId, 'body');
