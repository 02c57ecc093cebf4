import type { BlockReference } from '../../src/domain/direct-transfer.js';
import type { TransferStore } from '../../src/domain/ports.js';
import type { Reservation, Settlement } from '../../src/domain/reservation.js';
import type { MemoryReservationStore } from './memory-reservation-store.js';

type Paid = Reservation & { readonly transfer: NonNullable<Reservation['transfer']> };

/** Direct transfers among reservations in memory; passes the same contract as the PostgreSQL store. */
export class MemoryTransferStore implements TransferStore {
  private readonly final = new Set<string>();

  constructor(private readonly reservations: MemoryReservationStore) {}

  async ofTransaction(network: string, asset: string, transaction: string): Promise<readonly Reservation[]> {
    return this.rows()
      .filter((row) => row.network === network && row.asset === asset)
      .filter(({ transfer }) => transfer.transaction === transaction)
      .sort((left, right) => left.transfer.position - right.transfer.position);
  }

  async hasUnfinished(): Promise<boolean> {
    return this.open().length > 0;
  }

  async unfinished(final: bigint, limit: number): Promise<readonly Reservation[]> {
    return this.open()
      .filter(({ transfer }) => transfer.block.number <= final)
      .sort((left, right) => left.updatedAtMs - right.updatedAtMs)
      .slice(0, limit);
  }

  async place(id: string, block: BlockReference, isFinal: boolean, nowMs: number): Promise<void> {
    const row = this.settled(id);
    if (row === undefined) return;
    this.put({ ...row, transfer: { ...row.transfer, block }, updatedAtMs: nowMs });
    if (isFinal) this.final.add(id);
    else this.final.delete(id);
  }

  async postpone(id: string, nowMs: number): Promise<void> {
    const row = this.settled(id);
    if (row !== undefined) this.put({ ...row, updatedAtMs: nowMs });
  }

  async reverse(id: string, reason: string, settlement: Settlement, nowMs: number): Promise<boolean> {
    const row = this.settled(id);
    if (row === undefined || this.final.has(id)) return false;
    this.put({ ...row, state: 'failed', reason, settlement, updatedAtMs: nowMs });
    this.reservations.announced.push({ kind: 'failed', reservationId: id, reason, atMs: nowMs });
    return true;
  }

  private rows(): Paid[] {
    return [...this.reservations.rows.values()].filter((row): row is Paid => row.transfer !== null);
  }

  private open(): Paid[] {
    return this.rows().filter(({ id, state }) => state === 'settled' && !this.final.has(id));
  }

  private settled(id: string): Paid | undefined {
    return this.rows().find((row) => row.id === id && row.state === 'settled');
  }

  private put(row: Reservation): void {
    this.reservations.rows.set(row.id, row);
  }
}
