import type { EventMessage } from '@touchstone/nats';
import type { StoredAnswers } from '../../domain/payment/stored-answer.js';

/**
 * Takes over what the payment-verifier found out later: a settlement that was pending, or one whose answer was lost
 * with a process. Both effects are conditional updates, so that a second delivery changes nothing, nor does one in the
 * store that has nothing of the reservation.
 *
 * @param stores of all that is paid for
 */
export async function takePaymentEvent(
  stores: readonly Pick<StoredAnswers, 'settle' | 'failPayment'>[],
  message: EventMessage,
): Promise<void> {
  if (message.subject === 'evt.v1.payment.transfer.settled') {
    const { reservationId, transaction, payment, remarks, settledAt } = message.body;
    const { network, payer } = payment;
    const settlement = { success: true, transaction, network, payer, ...(remarks && { remarks }) };
    for (const store of stores) await store.settle(reservationId, settlement, false, Date.parse(settledAt));
  } else if (message.subject === 'evt.v1.payment.transfer.failed') {
    const { reservationId, reason, failedAt } = message.body;
    for (const store of stores) await store.failPayment(reservationId, reason, Date.parse(failedAt));
  }
}
