import { Controller, Get, Inject, Post, Req, Res, UseFilters } from '@nestjs/common';
import { AppError, uuidV7 } from '@touchstone/contracts';
import { seedError, transactionHash } from '@touchstone/contracts/http/seed';
import {
  SEED_PAID_BY_TRANSACTION_MAX,
  seedPaidByTransaction,
  seedVerification,
  seedVerifyProofAnswer,
  seedVerifyProofRequest,
  type SeedPaidByTransaction,
  type SeedVerification,
  type SeedVerifyProofAnswer,
  type SeedVerifyProofRequest,
} from '@touchstone/contracts/http/seed-records';
import { PAYER_LOOKUP_HEADER } from '@touchstone/contracts/transfer';
import { ApiRoute, ZodBody, ZodParam } from '@touchstone/platform/http';
import { CLOCK, type Clock } from '@touchstone/platform/wiring';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { VerificationStore } from '../../../domain/inference/verification.js';
import { paidByWhoLooks } from '../../../domain/payment/payer-lookup.js';
import { CheckProof } from '../../../domain/proving/check-proof.js';
import { VERIFICATIONS } from '../../../tokens.js';
import { Links } from '../../links.js';
import { payerLookupOf } from './payer-lookup-header.js';
import { SeedErrors } from './seed-errors.js';
import { answeredOf, paidForOf, seedVerificationOf } from './seed-verification.js';

/** Largest body with a proof in bytes: 4,096 signals of 80 characters, and the proof. */
export const VERIFY_PROOF_BODY_BYTES_MAX = 524_288;

/** Verifications by id and by transaction, and proofs that somebody brings (R-INFER-4). */
@Controller('api')
@UseFilters(SeedErrors)
export class SeedVerificationsController {
  constructor(
    @Inject(VERIFICATIONS) private readonly verifications: VerificationStore,
    @Inject(CheckProof) private readonly proofs: CheckProof,
    @Inject(Links) private readonly links: Links,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Get('verifications/:id')
  @ApiRoute({
    summary: 'Shows a verification; the seed API.',
    public: true,
    tags: ['seed'],
    response: seedVerification,
    errors: ['unknown-verification', 'dependency-unavailable'],
    errorSchema: seedError,
  })
  async show(@ZodParam('id', uuidV7) id: string): Promise<SeedVerification> {
    const verification = await this.verifications.find(id);
    if (!verification) throw new AppError('unknown-verification', `There is no verification ${id}.`);
    return seedVerificationOf(verification, this.links);
  }

  @Get('verifications/tx/:txHash')
  @ApiRoute({
    summary: 'Shows what a transaction paid for; the seed API.',
    description:
      'Anybody reads hashes of transactions on the chain, so neither the ids nor the hashes of the answers are told: whoever knows an id may read the evidence of its answer. The payer is told them, who signs PayerLookup (EIP-712) with the key that paid and sends it in touchstone-payer-lookup.',
    public: true,
    tags: ['seed'],
    response: seedPaidByTransaction,
    errors: ['unknown-verification', 'validation-failed', 'signature-invalid', 'dependency-unavailable'],
    errorSchema: seedError,
  })
  async paidBy(
    @ZodParam('txHash', transactionHash) txHash: string,
    @Req() request: IncomingMessage,
    @Res({ passthrough: true }) response: ServerResponse,
  ): Promise<SeedPaidByTransaction> {
    const lookup = payerLookupOf(request);
    const found = await this.verifications.findByTransaction(txHash.slice(2), SEED_PAID_BY_TRANSACTION_MAX);
    if (found.length === 0)
      throw new AppError('unknown-verification', `The transaction ${txHash} paid for nothing here.`);
    const theirs = lookup && paidByWhoLooks(lookup, txHash.slice(2), found, this.clock.nowMs());
    response.appendHeader('vary', PAYER_LOOKUP_HEADER);
    if (theirs) response.setHeader('cache-control', 'private, no-store');
    const verifications = found.map((one) =>
      theirs?.has(one) ? answeredOf(one, this.links) : paidForOf(one),
    );
    return { success: true, txHash, verifications };
  }

  @Post('verify-proof')
  @ApiRoute({
    summary: 'Checks a proof in zero knowledge by the key of a model; the seed API.',
    description:
      'The key is named by its digest and never sent: under a key of his own anybody proves everything. What a valid proof shows, and whom one has to trust for it, says the set-up of the circuit.',
    public: true,
    tags: ['seed'],
    response: seedVerifyProofAnswer,
    errors: ['not-found', 'queue-full', 'timeout'],
    errorSchema: seedError,
  })
  async verify(
    @ZodBody(seedVerifyProofRequest, { bytesMax: VERIFY_PROOF_BODY_BYTES_MAX })
    request: SeedVerifyProofRequest,
  ): Promise<SeedVerifyProofAnswer> {
    const startedMs = performance.now();
    const { model, reason } = await this.proofs.check(request);
    const { manifest, circuit, identity } = model;
    const { id, name, version } = manifest;
    return {
      success: true,
      valid: reason === undefined,
      reason: reason ?? null,
      statement: {
        model: { id, name, version, modelHash: identity.modelHash },
        ...{ setup: circuit.setup, vkDigest: circuit.vkDigest, vk: circuit.vk },
      },
      timeMs: performance.now() - startedMs,
    };
  }
}
