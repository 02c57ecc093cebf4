import { AppError } from '@touchstone/contracts';
import { VERIFIED_TRANSFER_MS } from '../../../payment-verifier/src/adapters/x402/verified-transfers.js';
import type { MemoryReservationStore } from '../../../payment-verifier/test/support/memory-reservation-store.js';
import type { Payment } from '../../../payment-verifier/src/domain/payment.js';
import type {
  AuthorizationFate,
  Facilitator,
  SettleAttempt,
  SettlementChain,
  SettlementLane,
  TransactionOutcome,
  Verdict,
} from '../../../payment-verifier/src/domain/ports.js';
import { reasons } from '../../../payment-verifier/src/domain/reasons.js';
import type { Reservation } from '../../../payment-verifier/src/domain/reservation.js';
import type { Process } from './process.js';

/** The number that the first block comes after: a reorganisation may need older ones. */
const START_BLOCK = 1_000n;
/** Blocks above a final one; no reorganisation reaches it. */
export const FINAL_DEPTH = 3;

export interface Transaction {
  readonly hash: string;
  /** The reservation that the relayer settles by it; undefined when somebody else sent the transfer. */
  readonly reservationId: string | undefined;
  /** The lane saw it in a block. */
  isMarked: boolean;
}

interface Block {
  readonly number: bigint;
  readonly hash: string;
  readonly seconds: number;
  readonly transactions: { readonly transaction: Transaction; readonly succeeded: boolean }[];
}

/** A chain with one authorisation on it, and the relayer's lane. It keeps what really happened to the money. */
export class SimulatedChain implements SettlementChain, SettlementLane {
  isNodeUp = true;
  /** Whether the payer owns what he signed away, and the relayer its gas. */
  isFunded = true;
  hasGas = true;
  /** Whether what is sent is mined at once. */
  isMining = true;
  /** The answer to the next commit of a signed transaction is lost. */
  losesCommit = false;
  /** The transfer stood in a block, whether or not it still does. */
  everPaid = false;
  readonly signed: Transaction[] = [];
  protected readonly blocks: Block[] = [];
  protected pool: Transaction[] = [];
  private hashes = 0;

  constructor(
    private readonly store: MemoryReservationStore,
    protected readonly nowMs: () => number,
    private readonly validBefore: bigint,
    private readonly signature: string,
  ) {
    for (let count = 0; count <= FINAL_DEPTH; count += 1) this.mine();
  }

  get isPaid(): boolean {
    return this.transfer() !== undefined;
  }

  /** Nobody can send the transfer any more. */
  get isOver(): boolean {
    return BigInt(this.blocks.at(-1)?.seconds ?? 0) >= this.validBefore;
  }

  mine(): void {
    const seconds = Math.floor(this.nowMs() / 1_000);
    const number = (this.blocks.at(-1)?.number ?? START_BLOCK) + 1n;
    const block: Block = { number, hash: this.nextHash(), seconds, transactions: [] };
    this.blocks.push(block);
    for (const transaction of this.pool.splice(0)) {
      const succeeded = this.isFunded && this.isInTime(seconds) && !this.isPaid;
      block.transactions.push({ transaction, succeeded });
      this.everPaid ||= succeeded;
    }
  }

  /** Drops the newest blocks; what the relayer sent may be forgotten, what others sent is sent again by them. */
  reorganise(depth: number, forgets: boolean): void {
    for (const block of this.blocks.splice(-depth)) {
      for (const { transaction } of block.transactions) {
        transaction.isMarked = false;
        if (!forgets || this.isSentAgain(transaction)) this.pool.push(transaction);
      }
    }
    while (this.blocks.length <= FINAL_DEPTH) {
      const number = (this.blocks[0]?.number ?? START_BLOCK) - 1n;
      this.blocks.unshift({ number, hash: this.nextHash(), seconds: 0, transactions: [] });
    }
    if (this.isMining) this.mine();
  }

  transferByOther(): void {
    this.send({ hash: this.nextHash(), reservationId: undefined, isMarked: true });
  }

  async recentBlock(): Promise<bigint> {
    this.assertNode();
    return 1n;
  }

  recoversToPayer(payment: Payment): boolean {
    return payment.signature === this.signature;
  }

  async isSignedByContract(): Promise<boolean> {
    return false;
  }

  async fateOf(_reservation: Reservation): Promise<AuthorizationFate> {
    this.assertNode();
    const transfer = this.transfer();
    if (transfer !== undefined)
      return { kind: 'paid', transfer: { transaction: transfer.hash, logIndex: 1 } };
    const final = this.blocks.at(-1 - FINAL_DEPTH) as Block;
    return { kind: BigInt(final.seconds) >= this.validBefore ? 'expired' : 'open' };
  }

  async outcomeOf(hash: string): Promise<TransactionOutcome> {
    this.assertNode();
    for (const { transactions } of this.blocks)
      for (const { transaction, succeeded } of transactions)
        if (transaction.hash === hash) return succeeded ? 'success' : 'reverted';
    return 'unknown';
  }

  async broadcast(raw: string): Promise<void> {
    this.assertNode();
    const transaction = this.signed.find(({ hash }) => hash === raw) as Transaction;
    const isKnown = this.pool.includes(transaction) || (await this.outcomeOf(raw)) !== 'unknown';
    if (!isKnown) this.send(transaction);
  }

  /** Sends again what stands in no block; nothing is signed here, since no nonce is taken by others. */
  async run(): Promise<void> {
    for (const transaction of this.signed.filter(({ isMarked }) => !isMarked)) {
      if ((await this.outcomeOf(transaction.hash)) !== 'unknown') transaction.isMarked = true;
      else await this.broadcast(transaction.hash);
    }
  }

  async outcomesOf(): Promise<(id: string) => Promise<TransactionOutcome>> {
    return async (id) => {
      const own = this.signed.find(({ reservationId }) => reservationId === id);
      return own === undefined ? 'unknown' : this.outcomeOf(own.hash);
    };
  }

  /** The facilitator as one process of the payment-verifier uses it; the process may stop between its steps. */
  facilitatorOf(process: Process): Facilitator {
    let verifiedAtMs = Number.NEGATIVE_INFINITY;
    return {
      verify: async () => {
        const verdict = this.verdict();
        if (verdict.valid) verifiedAtMs = this.nowMs();
        return verdict;
      },
      isVerified: () => this.nowMs() - verifiedAtMs < VERIFIED_TRANSFER_MS,
      settle: async (reservation) => {
        verifiedAtMs = Number.NEGATIVE_INFINITY;
        if (reservation.state === 'settling' && reservation.transaction !== null)
          return this.attempt(reservation.transaction);
        const verdict = this.verdict();
        if (!verdict.valid) return { kind: 'refused', reason: verdict.reason };
        if (!this.hasGas) throw new AppError('dependency-unavailable', 'The relayer has no gas.');
        await process.step();
        const { hash } = this.prepare(reservation);
        await process.step();
        await this.broadcast(hash).catch(() => undefined);
        await process.step();
        return this.attempt(hash);
      },
    };
  }

  private verdict(): Verdict {
    this.assertNode();
    // The official verification looks at the time first.
    if (this.validBefore < BigInt(Math.floor(this.nowMs() / 1_000)) + 6n)
      return { valid: false, reason: reasons.validBefore };
    if (this.isPaid) return { valid: false, reason: reasons.nonceAlreadyUsed };
    return this.isFunded ? { valid: true } : { valid: false, reason: reasons.insufficientBalance };
  }

  /** What the lane does in one transaction: the row is locked, and gets one transaction for ever. */
  private prepare({ id }: Reservation): Transaction {
    const known = this.signed.find(({ reservationId }) => reservationId === id);
    if (known !== undefined) return known;
    const row = this.store.rows.get(id);
    if (row?.state !== 'reserved' || !row.verified) throw new AppError('conflict', 'It is not held.');
    const transaction = { hash: this.nextHash(), reservationId: id, isMarked: false };
    this.signed.push(transaction);
    this.store.store(id, transaction.hash, this.nowMs());
    if (this.losesCommit) {
      this.losesCommit = false;
      throw new AppError('dependency-unavailable', 'The answer to the commit was lost.');
    }
    return transaction;
  }

  private async attempt(hash: string): Promise<SettleAttempt> {
    const outcome = this.isNodeUp ? await this.outcomeOf(hash) : 'unknown';
    if (outcome === 'unknown') return { kind: 'pending', transaction: hash };
    if (outcome === 'reverted') return { kind: 'reverted', transaction: hash };
    const settlement = { success: true, transaction: hash };
    return { kind: 'confirmed', transfer: { transaction: hash, logIndex: 1 }, settlement };
  }

  /** Whether a block of this time may hold the transfer. */
  protected isInTime(seconds: number): boolean {
    return BigInt(seconds) < this.validBefore;
  }

  /** Whether whoever sent a transaction watches it, and sends it again when it is dropped. */
  protected isSentAgain({ reservationId }: Transaction): boolean {
    return reservationId === undefined;
  }

  protected send(transaction: Transaction): void {
    this.pool.push(transaction);
    if (this.isMining) this.mine();
  }

  private transfer(): Transaction | undefined {
    for (const { transactions } of this.blocks)
      for (const { transaction, succeeded } of transactions) if (succeeded) return transaction;
    return undefined;
  }

  protected nextHash(): string {
    return `0x${(this.hashes += 1).toString(16).padStart(64, '0')}`;
  }

  protected assertNode(): void {
    if (!this.isNodeUp) throw new AppError('dependency-unavailable', 'The node is down.');
  }
}
