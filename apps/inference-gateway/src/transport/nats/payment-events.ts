import type { EventMessage } from '@touchstone/nats';
import type { VerificationStore } from '../../domain/inference/verification.js';

/**
 * Takes over what the payment-verifier found out later: a settlement that was pending, or one whose answer was lost
 * with a process. Both effects are conditional updates, so that a second delivery changes nothing.
 */
export async function takePaymentEvent(
  verifications: Pick<VerificationStore, 'settle' | 'failPayment'>,
  message: EventMessage,
): Promise<void> {
  if (message.subject === 'evt.v1.payment.transfer.settled') {
    const { reservationId, transaction, payment } = message.body;
    const { network, payer } = payment;
    await verifications.settle(reservationId, { success: true, transaction, network, payer }, false);
  } else if (message.subject === 'evt.v1.payment.transfer.failed') {
    await verifications.failPayment(message.body.reservationId, message.body.reason);
  }
}
