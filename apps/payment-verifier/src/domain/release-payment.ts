import type { PaymentMetrics, ReservationStore } from './ports.js';

/** Gives payments back for which no answer was made. */
export class ReleasePayment {
  constructor(
    private readonly store: ReservationStore,
    private readonly metrics: PaymentMetrics,
    private readonly nowMs: () => number,
  ) {}

  /** False when there is nothing to give back: unknown, settling, settled or failed. */
  async release(reservationId: string, reason: string): Promise<boolean> {
    const released = await this.store.release(reservationId, reason, this.nowMs());
    if (released) this.metrics.payment('released', 'given-back');
    return released;
  }
}
