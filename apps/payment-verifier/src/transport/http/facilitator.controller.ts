import { Controller, Get, Post, UseGuards } from '@nestjs/common';
import { AppError, shortText, uuidV7 } from '@touchstone/contracts';
import {
  facilitatorRequest,
  paymentStatus,
  settleAnswer,
  supportedAnswer,
  verifyAnswer,
  type FacilitatorRequest,
  type PaymentStatus,
} from '@touchstone/contracts/http/payment-verifier';
import { ApiRoute, BearerGuard, BearerTokens, ZodBody, ZodParam } from '@touchstone/platform/http';
import { remarksOf } from '../../domain/direct-transfer.js';
import { FacilitatePayment, type VerifyAnswer } from '../../domain/facilitate-payment.js';
import { PaymentDesk } from '../../domain/payment-desk.js';
import type { PaymentReading } from '../../domain/read-payment.js';
import type { Settlement } from '../../domain/reservation.js';

/** Largest request: payload, requirements and a contract wallet's signature. */
export const FACILITATOR_REQUEST_BYTES_MAX = 65_536;

const body = { bytesMax: FACILITATOR_REQUEST_BYTES_MAX };
const errors = [
  'malformed-json',
  'payment-malformed',
  'body-too-large',
  'validation-failed',
  'rate-limited',
  'dependency-unavailable',
] as const;

/** The x402 facilitator API (specification v2, section 7) and the state of a payment. */
@Controller()
export class FacilitatorController {
  constructor(
    private readonly desk: PaymentDesk,
    private readonly facilitating: FacilitatePayment,
  ) {}

  @Post('verify')
  @ApiRoute({
    summary: 'Verify a payment',
    public: true,
    description: 'A payment that does not hold is answered with 200 and isValid false, as x402 has it.',
    response: verifyAnswer,
    errors,
  })
  async verify(@ZodBody(facilitatorRequest, body) request: FacilitatorRequest): Promise<VerifyAnswer> {
    const reading = this.read(request);
    if (reading.ok) return this.facilitating.verify(reading.payment);
    return { isValid: false, invalidReason: reading.reason, invalidMessage: reading.message };
  }

  @Post('settle')
  // Whoever sees a payment on its way could otherwise settle it here first, and the request that it was made for would
  // be refused.
  @UseGuards(BearerGuard(BearerTokens))
  @ApiRoute({
    summary: 'Settle a payment',
    description:
      'Settles each payment once; a replay gets the stored answer. Needs a token of this facilitator.',
    response: settleAnswer,
    errors: [...errors, 'unauthenticated'],
    security: ['token'],
  })
  async settle(@ZodBody(facilitatorRequest, body) request: FacilitatorRequest): Promise<Settlement> {
    const reading = this.read(request);
    if (reading.ok) return this.facilitating.settle(reading.payment);
    return {
      success: false,
      errorReason: reading.reason,
      errorMessage: reading.message,
      transaction: '',
      network: networkOf(request),
    };
  }

  @Get('supported')
  @ApiRoute({
    summary: 'What this facilitator settles',
    public: true,
    response: supportedAnswer,
    errors: ['dependency-unavailable'],
  })
  supported(): Promise<Record<string, unknown>> {
    return this.facilitating.supported();
  }

  @Get('v1/payments/:reservationId')
  @ApiRoute({ summary: 'State of a payment', response: paymentStatus, errors: ['not-found'] })
  async payment(@ZodParam('reservationId', uuidV7) reservationId: string): Promise<PaymentStatus> {
    const { id, state, network, asset, payer, payTo, amount, transaction, transfer, reason, updatedAtMs } =
      await this.facilitating.payment(reservationId);
    return {
      reservationId: id,
      state,
      network,
      asset,
      payer,
      payTo,
      amount: amount.toString(),
      transaction: transaction ?? transfer?.transaction ?? null,
      reason,
      remarks: remarksOf(transfer),
      updatedAt: new Date(updatedAtMs).toISOString(),
    };
  }

  /** An object that is no x402 object is the caller's mistake (400); one that asks for something else is an answer. */
  private read({ paymentPayload, paymentRequirements }: FacilitatorRequest): PaymentReading {
    const reading = this.desk.read(paymentPayload, paymentRequirements);
    if (!reading.ok && reading.malformed) throw new AppError('payment-malformed', reading.message);
    return reading;
  }
}

function networkOf({ paymentRequirements }: FacilitatorRequest): string {
  const { network } = (paymentRequirements ?? {}) as { network?: unknown };
  return typeof network === 'string' ? shortText(network, 64) : '';
}
