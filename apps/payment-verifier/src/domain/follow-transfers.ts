import type { DirectTransfer } from './direct-transfer.js';
import type { PaymentMetrics, TransferReader, TransferStore } from './ports.js';
import { reasons } from './reasons.js';
import type { Reservation } from './reservation.js';
import { unsettled } from './settlement-desk.js';

/** Transfers that one run looks at. */
export const FOLLOWED_ROWS_MAX = 200;

/** What {@link FollowTransfers} uses. */
export interface FollowParts {
  readonly transfers: TransferStore;
  readonly reader: Pick<TransferReader, 'finalNumber' | 'standingOf'>;
  readonly metrics: Pick<PaymentMetrics, 'payment'>;
  readonly nowMs: () => number;
  /** Told when a transfer that was answered for stands on the chain no more. */
  readonly onDropped: (reservation: Reservation) => void;
  /** Called for a transfer that could not be looked at; it comes again. */
  readonly onError: (error: unknown, reservationId: string) => void;
}

/**
 * Follows transfers that were taken until their block is final: each is asked for once, when the chain has a final block as
 * high as its own. One that a reorganisation dropped is reversed, since only its payer could make it again.
 */
export class FollowTransfers {
  constructor(private readonly parts: FollowParts) {}

  /** One run. @throws AppError `dependency-unavailable` */
  async run(): Promise<void> {
    const { transfers, reader, onError, nowMs } = this.parts;
    const final = await reader.finalNumber();
    if (final === undefined) return;
    for (const reservation of await transfers.unfinished(final, FOLLOWED_ROWS_MAX)) {
      const { id, transfer } = reservation;
      try {
        if (transfer !== null) await this.look({ ...reservation, transfer }, final);
      } catch (error) {
        onError(error, id);
        await transfers.postpone(id, nowMs());
      }
    }
  }

  private async look(
    reservation: Reservation & { readonly transfer: DirectTransfer },
    final: bigint,
  ): Promise<void> {
    const { transfers, reader, metrics, nowMs, onDropped } = this.parts;
    const { id } = reservation;
    const standing = await reader.standingOf(reservation, final);
    switch (standing.kind) {
      case 'final':
      case 'moved':
        return transfers.place(id, standing.block, standing.kind === 'final', nowMs());
      case 'unknown':
        return transfers.postpone(id, nowMs());
      case 'dropped': {
        const reason = reasons.transferDropped;
        if (!(await transfers.reverse(id, reason, unsettled(reservation, reason), nowMs()))) return;
        metrics.payment('failed', reason);
        onDropped(reservation);
      }
    }
  }
}
