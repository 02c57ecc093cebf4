import type { EvmNode } from '@touchstone/evm';
import type { DirectTransfer } from '../../domain/direct-transfer.js';
import type { SeenTransaction, TokenTransfer } from '../../domain/judge-transfer.js';
import type { AuthorizationFate, TransferReader, TransferStanding } from '../../domain/ports.js';
import type { Reservation } from '../../domain/reservation.js';
import { readReceipt, transfersOf } from './transfer-logs.js';

/** A reservation that a direct transfer pays for. */
type Paid = Reservation & { readonly transfer: DirectTransfer };

/** Transfers that payers made themselves, over one node. */
export class EvmTransfers implements TransferReader {
  constructor(
    private readonly node: EvmNode,
    /** Blocks that must hold a transfer before it counts, its own included. */
    private readonly confirmations: number,
  ) {}

  async look(asset: string, transaction: string): Promise<SeenTransaction | undefined> {
    await this.node.assertChain();
    const [result, latest] = await Promise.all([
      this.node.raw('eth_getTransactionReceipt', [transaction]),
      this.node.latestNumber(),
    ]);
    // Some nodes give a receipt of the pending block, which has no hash yet.
    if (result === null || (result as { blockHash?: unknown }).blockHash === null) return undefined;
    const receipt = readReceipt(result);
    const block = await this.node.block(receipt.blockNumber);
    // A receipt of a block that another one has replaced says nothing about the chain of now.
    if (block?.hash !== receipt.blockHash) return undefined;
    return {
      block: { number: receipt.blockNumber, hash: receipt.blockHash },
      timestamp: block.timestamp,
      confirmations: latest < receipt.blockNumber ? 1n : latest - receipt.blockNumber + 1n,
      succeeded: receipt.status === 1n,
      transfers: transfersOf(receipt, asset),
    };
  }

  async finalNumber(): Promise<bigint | undefined> {
    await this.node.assertChain();
    return (await this.node.finalBlock())?.number;
  }

  /** What became of the transfer of a reservation, as of an authorisation. */
  async fateOf(reservation: Paid): Promise<AuthorizationFate> {
    // The final block is read before the receipt: what is in no block by then was dropped.
    const final = await this.finalNumber();
    const { transfer, asset } = reservation;
    const seen = await this.look(asset, transfer.transaction);
    if (seen === undefined)
      return { kind: final !== undefined && final >= transfer.block.number ? 'dropped' : 'open' };
    if (seen.confirmations < BigInt(this.confirmations)) return { kind: 'open' };
    const made = sameTransfer(seen, reservation);
    if (made === undefined) return { kind: 'dropped' };
    return { kind: 'paid', transfer: { transaction: transfer.transaction, logIndex: made.logIndex } };
  }

  async standingOf(reservation: Paid, final: bigint): Promise<TransferStanding> {
    const { asset, transfer } = reservation;
    const seen = await this.look(asset, transfer.transaction);
    if (seen === undefined) {
      // The block is still there and the receipt is not: a node behind a balancer lags, and nothing is known.
      const there = await this.node.block(transfer.block.number);
      return there === undefined || there.hash === transfer.block.hash
        ? { kind: 'unknown' }
        : { kind: 'dropped' };
    }
    const isFinal = seen.block.number <= final;
    if (sameTransfer(seen, reservation) !== undefined)
      return { kind: isFinal ? 'final' : 'moved', block: seen.block };
    return isFinal ? { kind: 'dropped' } : { kind: 'moved', block: seen.block };
  }
}

/** The transfer of a reservation, in whatever block its transaction stands now. */
function sameTransfer(
  { succeeded, transfers }: SeenTransaction,
  { payer, payTo, amount, transfer }: Paid,
): TokenTransfer | undefined {
  if (!succeeded) return undefined;
  return transfers.find(
    (made) =>
      made.position === transfer.position &&
      made.from === payer &&
      made.to === payTo &&
      made.amount === amount,
  );
}
