import { AppError } from '@touchstone/contracts';
import type { AskedTransfer, PresentedTransfer } from '@touchstone/contracts/transfer';
import type { RpcClient } from '@touchstone/nats';
import type {
  AuthorizeOutcome,
  PaymentPayload,
  PaymentPort,
  PaymentRequirements,
  SettleOutcome,
  TransferOutcome,
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

/** Milliseconds before a settlement is asked for again that was refused for now. */
export const SETTLE_RETRY_PAUSE_MS = 500;

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

  async authorizeTransfer(
    transfer: PresentedTransfer,
    asked: AskedTransfer,
    requestDigest: string,
  ): Promise<TransferOutcome> {
    try {
      return await this.rpc.call(
        'payment-verifier',
        'authorize-transfer',
        { transfer, asked, requestDigest },
        { timeoutMs: AUTHORIZE_TIMEOUT_MS },
      );
    } catch (error) {
      throw unreachable(error);
    }
  }

  /**
   * Asks until somebody says what became of the settlement, or the time is up. A refusal that may pass is asked again
   * after a pause. Once a question stayed without an answer, nothing but an answer tells that it was not taken up.
   */
  async settle(reservationId: string): Promise<SettleOutcome> {
    const deadline = performance.now() + this.settleMs.inAll;
    const leftMs = () => Math.ceil(deadline - performance.now());
    let silence: unknown;
    for (;;) {
      const timeoutMs = Math.min(this.settleMs.attempt, leftMs());
      try {
        const result = await this.rpc.call('payment-verifier', 'settle', { reservationId }, { timeoutMs });
        if (result.outcome !== 'unsent' || !result.retryable || leftMs() <= SETTLE_RETRY_PAUSE_MS)
          return result;
      } catch (error) {
        const known = error instanceof AppError ? error : undefined;
        if (known?.code === 'timeout') {
          silence ??= error;
          // Our own time for the question is over; a payment-verifier that says so itself is asked after the pause.
          if (known.cause !== undefined && leftMs() > 0) continue;
        }
        if (known?.retryable !== true || leftMs() <= SETTLE_RETRY_PAUSE_MS) throw silence ?? error;
      }
      await new Promise((resolve) => setTimeout(resolve, SETTLE_RETRY_PAUSE_MS));
    }
  }

  async renew(reservationId: string): Promise<void> {
    await this.rpc.call('payment-verifier', 'renew', { reservationId });
  }

  async release(reservationId: string, reason: string): Promise<void> {
    await this.rpc.call('payment-verifier', 'release', { reservationId, reason });
  }
}

/** A silent verifier is an ordinary 503. Whether an earlier request with this payment was charged, nobody knows here. */
function unreachable(error: unknown): unknown {
  if (!(error instanceof AppError) || !['timeout', 'dependency-unavailable'].includes(error.code))
    return error;
  return new AppError(
    'dependency-unavailable',
    'Payments cannot be verified now. Repeat the same request with the same payment.',
    { cause: error, retryAfterSeconds: RETRY_AFTER_SECONDS },
  );
}
