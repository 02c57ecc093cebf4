import type { SeenTransaction } from '../../../payment-verifier/src/domain/judge-transfer.js';
import type {
  AuthorizationFate,
  TransferReader,
  TransferStanding,
} from '../../../payment-verifier/src/domain/ports.js';
import type { Reservation } from '../../../payment-verifier/src/domain/reservation.js';
import { PAYER, PRICE, terms } from './model.js';
import { FINAL_DEPTH, SimulatedChain, type Transaction } from './simulated-chain.js';

/** Blocks that hold a transfer before it counts: fewer than a reorganisation may drop. */
export const CONFIRMATIONS = 2;
/** Of the one transfer in its block. */
export const LOG_INDEX = 4;

/** A chain on which the payer makes one transfer himself, before he asks or while he does; it is read as a node is. */
export class TransferChain extends SimulatedChain implements TransferReader {
  /** The one transaction, by whatever block it is taken up. */
  readonly made: Transaction = { hash: this.nextHash(), reservationId: undefined, isMarked: true };

  /** The payer sends it; again, when the network forgot it. */
  override transferByOther(): void {
    if (!this.pool.includes(this.made) && this.holding() === undefined) this.send(this.made);
  }

  override async fateOf(reservation: Reservation): Promise<AuthorizationFate> {
    const final = await this.finalNumber();
    const seen = await this.look();
    const { number } = reservation.transfer?.block ?? { number: 0n };
    if (seen === undefined) return { kind: final >= number ? 'dropped' : 'open' };
    if (seen.confirmations < BigInt(CONFIRMATIONS)) return { kind: 'open' };
    if (!seen.succeeded) return { kind: 'dropped' };
    return { kind: 'paid', transfer: { transaction: this.made.hash, logIndex: LOG_INDEX } };
  }

  async look(): Promise<SeenTransaction | undefined> {
    this.assertNode();
    const held = this.holding();
    if (held === undefined) return undefined;
    const { block, succeeded } = held;
    const { number, hash, seconds } = block;
    const made = { from: PAYER, to: terms.payTo, amount: BigInt(PRICE), logIndex: LOG_INDEX };
    return {
      block: { number, hash },
      timestamp: BigInt(seconds),
      confirmations: (this.blocks.at(-1)?.number ?? number) - number + 1n,
      succeeded,
      transfers: succeeded ? [{ ...made, position: 0, nonce: null }] : [],
    };
  }

  async finalNumber(): Promise<bigint> {
    this.assertNode();
    return this.blocks.at(-1 - FINAL_DEPTH)?.number ?? 0n;
  }

  async standingOf(
    { transfer }: Parameters<TransferReader['standingOf']>[0],
    final: bigint,
  ): Promise<TransferStanding> {
    const seen = await this.look();
    if (seen === undefined) {
      const there = this.blocks.find(({ number }) => number === transfer.block.number);
      return { kind: there === undefined || there.hash === transfer.block.hash ? 'unknown' : 'dropped' };
    }
    const isFinal = seen.block.number <= final;
    if (!seen.succeeded) return isFinal ? { kind: 'dropped' } : { kind: 'moved', block: seen.block };
    return { kind: isFinal ? 'final' : 'moved', block: seen.block };
  }

  /** A transfer has no end of its own. */
  protected override isInTime(): boolean {
    return true;
  }

  /** A wallet does not watch what it sent. */
  protected override isSentAgain(): boolean {
    return false;
  }

  private holding() {
    for (const block of this.blocks)
      for (const { transaction, succeeded } of block.transactions)
        if (transaction === this.made) return { block, succeeded };
    return undefined;
  }
}
