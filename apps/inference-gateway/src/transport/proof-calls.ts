import { Inject, Injectable } from '@nestjs/common';
import { AppError } from '@touchstone/contracts';
import type { ProofOffer } from '@touchstone/contracts/http/inference-gateway';
import { CONFIG } from '@touchstone/platform/wiring';
import type { Config } from '../config.js';
import type { Reply } from '../domain/payment/reply.js';
import type { ExecutionProofStore } from '../domain/proving/execution-proof.js';
import { ProveOutput, type ProveCall } from '../domain/proving/prove-output.js';
import { GatewayMetrics } from '../metrics.js';
import { EXECUTION_PROOFS } from '../tokens.js';
import { Links } from './links.js';
import { presentPrice } from './present-model.js';

/** Answers requests for proofs and counts what came of them, whatever the transport. */
@Injectable()
export class ProofCalls {
  constructor(
    @Inject(ProveOutput) private readonly proveOutput: ProveOutput,
    @Inject(EXECUTION_PROOFS) private readonly proofs: ExecutionProofStore,
    @Inject(GatewayMetrics) private readonly metrics: GatewayMetrics,
    @Inject(Links) private readonly links: Links,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** @throws AppError `unknown-verification` */
  async offer(id: string): Promise<ProofOffer> {
    const offer = await this.proveOutput.offer(id);
    const isOffered = offer.status === 'offered';
    return {
      verificationId: id,
      status: offer.status,
      reason: offer.status === 'not-offered' ? offer.reason : null,
      quote: isOffered
        ? { price: presentPrice(offer.price, this.config), expectedMs: offer.expectedMs }
        : null,
      links: { verification: this.links.verification(id), evidence: this.links.evidence(id) },
    };
  }

  /** @throws AppError; a PaymentChallenge when something is to be paid */
  async prove(call: ProveCall): Promise<Reply> {
    const started = performance.now();
    let result = 'internal';
    try {
      const reply = await this.proveOutput.prove(call);
      result = reply.kind === 'answered' && reply.replayed ? 'replayed' : reply.kind;
      return reply;
    } catch (error) {
      if (error instanceof AppError) result = error.code;
      throw error;
    } finally {
      void this.count(call.verificationId, result, (performance.now() - started) / 1_000);
    }
  }

  /** Nobody waits for a figure, nor for the look at whose it is. */
  private async count(verificationId: string, result: string, seconds: number): Promise<void> {
    const output = await this.proofs.findOutput(verificationId).catch(() => undefined);
    this.metrics.proved(output?.modelId ?? 'unknown', result, seconds);
  }
}
