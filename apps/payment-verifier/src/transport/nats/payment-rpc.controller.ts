import { Controller, Inject } from '@nestjs/common';
import type { RpcRequest, RpcResponse } from '@touchstone/contracts';
import { RpcHandler } from '@touchstone/nats';
import { LOGGER, type Logger } from '@touchstone/platform/observability';
import { PaymentDesk } from '../../domain/payment-desk.js';
import { SupportedPayments } from '../../domain/supported-payments.js';
import { told } from './told.js';

/** The RPCs of the inference-gateway. */
@Controller()
export class PaymentRpcController {
  constructor(
    private readonly desk: PaymentDesk,
    private readonly supportedPayments: SupportedPayments,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  @RpcHandler('payment-verifier', 'authorize')
  async authorize({
    paymentPayload,
    paymentRequirements,
    requestDigest,
  }: RpcRequest<'payment-verifier', 'authorize'>): Promise<RpcResponse<'payment-verifier', 'authorize'>> {
    const reading = this.desk.read(paymentPayload, paymentRequirements);
    // Whether an authorisation that cannot be read, or is not taken any more, was charged earlier was not looked at.
    if (!reading.ok)
      return { outcome: 'invalid', reason: reading.reason, message: reading.message, charged: 'unknown' };
    const result = await this.desk.authorizing.authorize(reading.payment, requestDigest);
    return told(result);
  }

  @RpcHandler('payment-verifier', 'settle')
  async settle({
    reservationId,
  }: RpcRequest<'payment-verifier', 'settle'>): Promise<RpcResponse<'payment-verifier', 'settle'>> {
    const result = await this.desk.settling.settle(reservationId);
    if (result.outcome !== 'unsent') return { ...result, settlement: { ...result.settlement } };
    const { code, retryable, message } = result.error;
    this.logger.warn({ reservationId, code, reason: message }, 'a payment could not be settled yet');
    return { outcome: 'unsent', code, retryable };
  }

  @RpcHandler('payment-verifier', 'renew')
  async renew({
    reservationId,
  }: RpcRequest<'payment-verifier', 'renew'>): Promise<RpcResponse<'payment-verifier', 'renew'>> {
    return { held: await this.desk.renewing.renew(reservationId) };
  }

  @RpcHandler('payment-verifier', 'release')
  async release({
    reservationId,
    reason,
  }: RpcRequest<'payment-verifier', 'release'>): Promise<RpcResponse<'payment-verifier', 'release'>> {
    return { released: await this.desk.releasing.release(reservationId, reason) };
  }

  @RpcHandler('payment-verifier', 'supported')
  async supported(): Promise<RpcResponse<'payment-verifier', 'supported'>> {
    return this.supportedPayments.all();
  }
}
