import { Controller } from '@nestjs/common';
import { AppError, type RpcRequest, type RpcResponse } from '@touchstone/contracts';
import { RpcHandler } from '@touchstone/nats';
import { EvmToken } from '../../adapters/evm/evm-token.js';
import { OfficialFacilitator } from '../../adapters/x402/official-facilitator.js';
import { PaymentDesk } from '../../domain/payment-desk.js';
import { paymentReference } from '../../domain/payment.js';

/** The RPCs of the inference-gateway. */
@Controller()
export class PaymentRpcController {
  constructor(
    private readonly desk: PaymentDesk,
    private readonly facilitator: OfficialFacilitator,
    private readonly token: EvmToken,
  ) {}

  @RpcHandler('payment-verifier', 'authorize')
  async authorize({
    paymentPayload,
    paymentRequirements,
    requestDigest,
  }: RpcRequest<'payment-verifier', 'authorize'>): Promise<RpcResponse<'payment-verifier', 'authorize'>> {
    const reading = this.desk.read(paymentPayload, paymentRequirements);
    if (!reading.ok) return { outcome: 'invalid', reason: reading.reason, message: reading.message };
    const result = await this.desk.authorizing.authorize(reading.payment, requestDigest);
    switch (result.outcome) {
      case 'reserved':
        return {
          outcome: 'reserved',
          reservationId: result.reservation.id,
          payment: paymentReference(result.reservation),
          payer: result.reservation.payer,
        };
      case 'settled':
        return {
          outcome: 'settled',
          reservationId: result.reservation.id,
          settlement: { ...result.settlement },
        };
      case 'in-flight':
        return {
          outcome: 'in-flight',
          reservationId: result.reservation.id,
          retryAfterSeconds: result.retryAfterSeconds,
        };
      case 'bound-to-other-request':
      case 'invalid':
        return result;
    }
  }

  @RpcHandler('payment-verifier', 'settle')
  async settle({
    reservationId,
    paymentPayload,
    paymentRequirements,
  }: RpcRequest<'payment-verifier', 'settle'>): Promise<RpcResponse<'payment-verifier', 'settle'>> {
    const reading = this.desk.read(paymentPayload, paymentRequirements);
    if (!reading.ok)
      throw new AppError('conflict', `The payment is not the one that was reserved: ${reading.message}`);
    const { outcome, settlement } = await this.desk.settling.settle(reservationId, reading.payment);
    return { outcome, settlement: { ...settlement } };
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
    const [supported, asset] = await Promise.all([this.facilitator.supported(), this.token.asset()]);
    return { supported, asset };
  }
}
