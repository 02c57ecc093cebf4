import { type LaneTransaction, type Placement, type TransactionLane } from '@touchstone/evm';
import type { SettlementLane, TransactionOutcome } from '../../domain/ports.js';
import type { ReservationStore, SettlementChain } from '../../domain/ports.js';
import type { Reservation } from '../../domain/reservation.js';
import type { Relay } from '../x402/settlement-session.js';

/** The lane of the relayer as settlement and recovery use it. */
export class EvmSettlementLane implements SettlementLane {
  constructor(private readonly lane: TransactionLane<undefined>) {}

  run(signedBeforeMs: number): Promise<unknown> {
    return this.lane.run(signedBeforeMs);
  }

  async outcomesOf(
    reservationIds: readonly string[],
  ): Promise<(reservationId: string) => Promise<TransactionOutcome>> {
    const transactions = await this.lane.ofSubjects(reservationIds);
    return async (reservationId) => {
      const transaction = transactions.get(reservationId);
      if (transaction === undefined) return 'unknown';
      const outcome = await this.lane.outcomeOf(transaction);
      if (outcome.kind !== 'deep') return 'unknown';
      return outcome.placement.succeeded ? 'success' : 'reverted';
    };
  }

  /** The one transaction of a reservation. */
  relayOf(reservationId: string): Relay {
    return {
      prepare: (call) => this.lane.prepare({ subject: reservationId, call, details: undefined }),
      send: (transaction) => this.lane.send(transaction),
      stored: async () => (await this.lane.ofSubjects([reservationId])).get(reservationId),
    };
  }
}

/** What {@link watchUndone} asks. */
export interface UndoneParts {
  readonly store: Pick<ReservationStore, 'find'>;
  readonly chain: Pick<SettlementChain, 'fateOf'>;
  /** Told when a settlement that was answered can no longer be made: the payer got an answer and kept the money. */
  readonly onUndone: (reservation: Reservation) => void;
}

/**
 * Notices a settlement that a reorganisation undid for good. Sent again it may find the purse empty; somebody else may
 * also have sent the transfer.
 */
export function watchUndone({ store, chain, onUndone }: UndoneParts) {
  return async (transaction: LaneTransaction, { succeeded }: Placement): Promise<void> => {
    if (succeeded) return;
    const reservation = await store.find(transaction.subject);
    if (reservation?.state !== 'settled') return;
    // Somebody else's transfer settled it, and ours was never needed.
    if (!transaction.attempts.some(({ hash }) => hash === reservation.transaction)) return;
    const fate = await chain.fateOf(reservation);
    if (fate.kind !== 'paid') onUndone(reservation);
  };
}
