import { Controller, Get, Inject } from '@nestjs/common';
import { AppError, uuidV7 } from '@touchstone/contracts';
import { verificationAnswer, type VerificationAnswer } from '@touchstone/contracts/http/inference-gateway';
import { commitmentHash } from '@touchstone/evidence';
import { ApiRoute, ZodParam } from '@touchstone/platform/http';
import type { Verification, VerificationStore } from '../../domain/inference/verification.js';
import { Links } from './links.js';
import { VERIFICATIONS } from '../../tokens.js';

/** `GET /v1/verifications/:id`. */
@Controller('v1/verifications')
export class VerificationsController {
  constructor(
    @Inject(VERIFICATIONS) private readonly verifications: VerificationStore,
    @Inject(Links) private readonly links: Links,
  ) {}

  @Get(':id')
  @ApiRoute({
    summary: 'Shows the state of one verification with proof, context, payment and timing.',
    public: true,
    tags: ['verifications'],
    response: verificationAnswer,
    errors: ['validation-failed', 'unknown-verification'],
  })
  async show(@ZodParam('id', uuidV7) id: string): Promise<VerificationAnswer> {
    const verification = await this.verifications.find(id);
    if (!verification) throw new AppError('unknown-verification', `There is no verification ${id}.`);
    return this.present(verification);
  }

  private present(verification: Verification): VerificationAnswer {
    const { id, state, proof, context, payment, settlement } = verification;
    // Labels can be guessed from a hash of few possible outputs, so nothing of an unpaid answer is shown.
    const shown = state === 'recorded' || state === 'settled';
    const transaction = typeof settlement?.['transaction'] === 'string' ? settlement['transaction'] : null;
    return {
      verificationId: id,
      status: state,
      model: { id: verification.modelId, modelVersionId: verification.modelVersionId },
      proof: shown ? proof : null,
      context: shown ? context : null,
      hashes: shown ? { input: proof.inputHash, output: proof.outputHash } : null,
      commitmentHash: commitmentHash(verification.commitment),
      payment: payment && { ...payment, transaction },
      failure: verification.failure,
      timing: { inferenceMs: verification.inferenceMs, totalMs: verification.totalMs },
      createdAt: new Date(verification.createdAtMs).toISOString(),
      settledAt: verification.settledAtMs === null ? null : new Date(verification.settledAtMs).toISOString(),
      links: { verification: this.links.verification(id), evidence: this.links.evidence(id) },
    };
  }
}
