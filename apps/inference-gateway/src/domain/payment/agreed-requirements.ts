import type { VerificationStore } from '../inference/verification.js';
import type { PaymentPayload, PaymentReader, PaymentRequirements } from './payment.js';

/** What {@link agreedRequirements} asks. */
export interface AgreementParts {
  readonly reader: Pick<PaymentReader, 'accepts'>;
  readonly verifications: Pick<VerificationStore, 'findPayment'>;
}

/** The requirements that a payment was made for, or why it fits none. */
export type Agreement =
  | { readonly ok: true; readonly requirements: PaymentRequirements }
  | { readonly ok: false; readonly reason: string };

/**
 * Finds the requirements that a payment fits: those of today, or those under which the same payment was taken for the
 * same request. Without the second, a payer whose answer got lost would lose it for good when a price changes.
 */
export async function agreedRequirements(
  { reader, verifications }: AgreementParts,
  payload: PaymentPayload,
  current: PaymentRequirements,
  requestDigest: string,
): Promise<Agreement> {
  const reason = mismatchOf(reader, payload, current);
  if (reason === undefined) return { ok: true, requirements: current };
  const { from, nonce } = payload.payload.authorization;
  const payment = await verifications.findPayment(
    { payer: from.toLowerCase(), nonce: nonce.slice(2).toLowerCase() },
    requestDigest,
  );
  if (!payment) return { ok: false, reason };
  const { asset, amount, payTo } = payment;
  const network = payment.network as PaymentRequirements['network'];
  const earlier = { ...current, network, asset, amount, payTo };
  return mismatchOf(reader, payload, earlier) === undefined
    ? { ok: true, requirements: earlier }
    : { ok: false, reason };
}

/** The library's name of the first difference between a payment and what is asked for. */
function mismatchOf(
  reader: AgreementParts['reader'],
  payload: PaymentPayload,
  requirements: PaymentRequirements,
): string | undefined {
  const { to, value } = payload.payload.authorization;
  if (!reader.accepts(payload, requirements)) return 'no_matching_payment_requirements';
  if (to.toLowerCase() !== requirements.payTo.toLowerCase()) return 'invalid_exact_evm_recipient_mismatch';
  if (value !== requirements.amount) return 'invalid_exact_evm_payload_authorization_value_mismatch';
  return undefined;
}
