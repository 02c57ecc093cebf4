import {
  encodePaymentRequiredHeader,
  encodePaymentResponseHeader,
  PAYMENT_REQUIRED_CACHE_CONTROL,
} from '@x402/core/http';
import type { SettleResponse } from '@x402/core/types';
import type { PaymentChallenge } from '../domain/payment/payment-challenge.js';
import type { Settlement } from '../domain/payment/payment.js';

/** Cache-Control of a challenge, as the x402 library sets it. */
export const CHALLENGE_CACHE_CONTROL = PAYMENT_REQUIRED_CACHE_CONTROL;

/** The PAYMENT-REQUIRED header of a challenge, by the library's codec. */
export function paymentRequiredHeader({ challenge }: PaymentChallenge): string {
  const { requirements, resource, reason } = challenge;
  return encodePaymentRequiredHeader({
    x402Version: 2,
    error: reason,
    resource: { ...resource, mimeType: 'application/json' },
    accepts: [{ ...requirements, extra: { ...requirements.extra } }],
  });
}

/** The PAYMENT-RESPONSE header of a settlement, by the library's codec. */
export function paymentResponseHeader(settlement: Settlement): string {
  return encodePaymentResponseHeader(settlement as unknown as SettleResponse);
}
