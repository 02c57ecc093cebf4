import type { ReservationStore } from './ports.js';

/** Keeps the reservation of a request that still lives, so that the lease of one that was killed can be short. */
export class RenewLease {
  constructor(
    private readonly store: ReservationStore,
    private readonly leaseMs: number,
    private readonly nowMs: () => number,
  ) {}

  /**
   * Lets the lease begin anew. False when nobody holds the payment: unknown, given back, settling, settled or failed.
   * A holder that was paused beyond its lease may renew what a retry has taken meanwhile: both are the same request,
   * the retry goes on or is told to ask again, and settlement and stored answer exist once in any case.
   */
  async renew(reservationId: string): Promise<boolean> {
    const now = this.nowMs();
    return this.store.renew(reservationId, now + this.leaseMs, now);
  }
}
