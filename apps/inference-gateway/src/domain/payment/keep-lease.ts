import type { PaymentPort } from './payment.js';

/** Milliseconds between two renewals of a lease; a small part of the lease, since renewals may be lost. */
export const LEASE_RENEWAL_INTERVAL_MS = 2_000;

/**
 * Renews the lease of a payment while work on it runs. A renewal that fails changes nothing for the work: should a
 * retry take over, the answer is stored once and the payment is settled once.
 */
export async function keepLease<T>(
  payments: Pick<PaymentPort, 'renew'>,
  reservationId: string,
  work: () => Promise<T>,
  onFailure: (error: unknown) => void,
): Promise<T> {
  const timer = setInterval(() => {
    payments.renew(reservationId).catch(onFailure);
  }, LEASE_RENEWAL_INTERVAL_MS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}
