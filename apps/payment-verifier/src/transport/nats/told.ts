import type { RpcResponse } from '@touchstone/contracts';
import type { AuthorizeOutcome } from '../../domain/known-payments.js';
import { paymentReference } from '../../domain/payment.js';

/** What became of a reservation, as callers are told. */
export function told(result: AuthorizeOutcome): RpcResponse<'payment-verifier', 'authorize'> {
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
        payment: paymentReference(result.reservation),
        settlement: { ...result.settlement },
        guessed: result.guessed,
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
