import { AppError } from '@touchstone/contracts';
import type { RpcClient } from '@touchstone/nats';
import type {
  AuthorizeOutcome,
  PaymentPayload,
  PaymentPort,
  PaymentRequirements,
  SettleOutcome,
} from '../../domain/payment/payment.js';

/** Milliseconds for the verification of a payment, which asks the chain. */
export const AUTHORIZE_TIMEOUT_MS = 10_000;

/** Milliseconds for a settlement: longer than the payment-verifier itself waits for a receipt. */
export const SETTLE_TIMEOUT_MS = 30_000;

/**
 * Milliseconds of one question of a settlement. A payment-verifier that is killed takes the question with it and nobody
 * says so; asked again, one that lives lets the two questions join.
 */
export const SETTLE_ATTEMPT_MS = 5_000;

/** Seconds after which a caller may ask again when the payment-verifier does not answer. */
const RETRY_AFTER_SECONDS = 2;

/** The payment-verifier behind its RPCs. */
export class RpcPayments implements PaymentPort {
  constructor(
    private readonly rpc: RpcClient,
    private readonly settleMs = { inAll: SETTLE_TIMEOUT_MS, attempt: SETTLE_ATTEMPT_MS },
  ) {}

  async authorize(
    paymentPayload: PaymentPayload,
    paymentRequirements: PaymentRequirements,
    requestDigest: string,
  ): Promise<AuthorizeOutcome> {
    const request = {
      paymentPayload: { ...paymentPayload },
      paymentRequirements: { ...paymentRequirements },
      requestDigest,
    };
    try {
      return await this.rpc.call('payment-verifier', 'authorize', request, {
        timeoutMs: AUTHORIZE_TIMEOUT_MS,
      });
    } catch (error) {
      throw unreachable(error);
    }
  }

  async settle(
    reservationId: string,
    paymentPayload: PaymentPayload,
    paymentRequirements: PaymentRequirements,
  ): Promise<SettleOutcome> {
    const request = {
      reservationId,
      paymentPayload: { ...paymentPayload },
      paymentRequirements: { ...paymentRequirements },
    };
    const deadline = performance.now() + this.settleMs.inAll;
    for (;;) {
      const leftMs = Math.ceil(deadline - performance.now());
      const timeoutMs = Math.min(this.settleMs.attempt, leftMs);
      try {
        return await this.rpc.call('payment-verifier', 'settle', request, { timeoutMs });
      } catch (error) {
        const isSilence = error instanceof AppError && error.code === 'timeout';
        if (!isSilence || timeoutMs >= leftMs) throw error;
      }
    }
  }

  async renew(reservationId: string): Promise<void> {
    await this.rpc.call('payment-verifier', 'renew', { reservationId });
  }

  async release(reservationId: string, reason: string): Promise<void> {
    await this.rpc.call('payment-verifier', 'release', { reservationId, reason });
  }
}

/** Before the reservation nothing can have been charged, so a silent verifier is an ordinary 503. */
function unreachable(error: unknown): unknown {
  if (!(error instanceof AppError) || !['timeout', 'dependency-unavailable'].includes(error.code))
    return error;
  return new AppError('dependency-unavailable', 'Payments cannot be verified now; nothing was charged.', {
    cause: error,
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  });
}
