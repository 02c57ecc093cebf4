import { Controller, Get, Inject } from '@nestjs/common';
import { AppError, uuidV7 } from '@touchstone/contracts';
import { verificationAnswer, type VerificationAnswer } from '@touchstone/contracts/http/inference-gateway';
import { ApiRoute, ZodParam } from '@touchstone/platform/http';
import type { VerificationStore } from '../../domain/inference/verification.js';
import { Links } from '../links.js';
import { presentVerification } from '../present-verification.js';
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
    return presentVerification(verification, this.links);
  }
}
