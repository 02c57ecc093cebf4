import type { PaymentReference } from '@touchstone/contracts';
import {
  PAYMENT_TIMEOUT_SECONDS,
  type PaymentPayload,
  type PaymentReader,
  type PaymentRequirements,
  type PaymentTerms,
} from './payment.js';

/** The library's name of the first difference between a payment and what is asked for; undefined when it fits. */
export function mismatchOf(
  reader: Pick<PaymentReader, 'accepts'>,
  payload: PaymentPayload,
  requirements: PaymentRequirements,
): string | undefined {
  const { to, value } = payload.payload.authorization;
  if (!reader.accepts(payload, requirements)) return 'no_matching_payment_requirements';
  if (to.toLowerCase() !== requirements.payTo.toLowerCase()) return 'invalid_exact_evm_recipient_mismatch';
  if (value !== requirements.amount) return 'invalid_exact_evm_payload_authorization_value_mismatch';
  return undefined;
}

/**
 * The requirements under which a payment was taken. By those of today a payer whose answer got lost would lose it for
 * good when a price or the address to pay to changes.
 */
export function earlierRequirements(
  { network, asset, amount, payTo }: PaymentReference,
  { assetName, assetVersion }: PaymentTerms,
): PaymentRequirements {
  return {
    scheme: 'exact',
    network: network as PaymentRequirements['network'],
    asset,
    amount,
    payTo,
    maxTimeoutSeconds: PAYMENT_TIMEOUT_SECONDS,
    extra: { name: assetName, version: assetVersion },
  };
}
