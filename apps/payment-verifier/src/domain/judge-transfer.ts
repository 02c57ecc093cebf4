import type { AskedTransfer, PresentedTransfer, TransferCode } from '@touchstone/contracts/transfer';
import { isClaimed, transferNonce, type BlockReference } from './direct-transfer.js';

/** A `Transfer` of the token that is taken, in one transaction. */
export interface TokenTransfer {
  readonly from: string;
  readonly to: string;
  readonly amount: bigint;
  readonly logIndex: number;
  readonly position: number;
  /** Nonce of the authorisation that made it (EIP-3009), 64 hex characters; null for a transfer without one. */
  readonly nonce: string | null;
}

/** A transaction in a block. */
export interface SeenTransaction {
  readonly block: BlockReference;
  /** Unix seconds of its block. */
  readonly timestamp: bigint;
  /** Blocks that hold it, its own included. */
  readonly confirmations: bigint;
  readonly succeeded: boolean;
  /** Those of the token that is taken, in their order. */
  readonly transfers: readonly TokenTransfer[];
}

/** Why a transfer does not pay: the code that callers are told, and the reason behind it. */
export interface TransferRefusal {
  readonly code: TransferCode;
  readonly reason: string;
  readonly message: string;
}

/** What a transfer has to meet. */
export interface TransferLimits {
  readonly confirmations: number;
  readonly maxAgeSeconds: number;
}

/** The transfers that may pay, or why none does. */
export type TransferVerdict =
  | { readonly ok: true; readonly candidates: readonly TokenTransfer[] }
  | { readonly ok: false; readonly refusal: TransferRefusal };

const refused = (code: TransferCode, reason: string, message: string): TransferVerdict => ({
  ok: false,
  refusal: { code, reason, message },
});

/** Judges what a transaction did by what was asked for. Every `Transfer` of the token in it is looked at. */
export function judgeTransfer(
  seen: SeenTransaction | undefined,
  presented: PresentedTransfer,
  asked: AskedTransfer,
  { confirmations, maxAgeSeconds }: TransferLimits,
  nowSeconds: bigint,
): TransferVerdict {
  if (seen === undefined)
    return refused('TX_NOT_FOUND', 'tx_not_found', 'No block has a transaction of this hash so far.');
  if (!seen.succeeded)
    return refused('TX_FAILED', 'tx_failed', 'The transaction reverted and moved nothing.');
  if (seen.transfers.length === 0)
    return refused(
      'NO_TRANSFER_EVENT',
      'no_transfer_event',
      `The transaction has no Transfer of the token ${asked.asset}.`,
    );
  const ageSeconds = nowSeconds - seen.timestamp;
  if (ageSeconds > BigInt(maxAgeSeconds))
    return refused(
      'VERIFICATION_ERROR',
      'transfer_too_old',
      `The transfer is ${ageSeconds} s old, at most ${maxAgeSeconds} s are taken.`,
    );
  const verdict = isClaimed(presented)
    ? judgeClaimed(seen.transfers, presented.claim, asked)
    : judgeAny(seen.transfers, asked);
  if (verdict.ok && seen.confirmations < BigInt(confirmations))
    return refused(
      'INSUFFICIENT_CONFIRMATIONS',
      'insufficient_confirmations',
      `The transfer has ${seen.confirmations} of ${confirmations} confirmations.`,
    );
  return verdict;
}

/** The one transfer that the payer named. */
function judgeClaimed(
  transfers: readonly TokenTransfer[],
  { logIndex, payer }: { readonly logIndex: number; readonly payer: string },
  asked: AskedTransfer,
): TransferVerdict {
  const named = transfers.find((transfer) => transfer.logIndex === logIndex);
  if (named === undefined)
    return refused(
      'NO_TRANSFER_EVENT',
      'no_transfer_event',
      `Log ${logIndex} is no Transfer of the token ${asked.asset} in this transaction; there are ${listed(transfers)}.`,
    );
  if (named.from !== payer)
    return refused(
      'VERIFICATION_ERROR',
      'payer_mismatch',
      `The transfer was made by ${named.from}, the claim is of ${payer}.`,
    );
  return judgeAny([named], asked);
}

function judgeAny(transfers: readonly TokenTransfer[], { payTo, amount }: AskedTransfer): TransferVerdict {
  const received = transfers.filter(({ to }) => to === payTo);
  if (received.length === 0)
    return refused('WRONG_RECIPIENT', 'wrong_recipient', `Nothing was transferred to ${payTo}.`);
  const candidates = received.filter((transfer) => transfer.amount >= BigInt(amount));
  if (candidates.length > 0) return { ok: true, candidates };
  const most = received.reduce((largest, transfer) =>
    transfer.amount > largest.amount ? transfer : largest,
  );
  return refused(
    'INSUFFICIENT_AMOUNT',
    'insufficient_amount',
    `${most.amount} atomic units arrived in one transfer, ${amount} are asked for.`,
  );
}

/** The nonce under which a transfer is kept. */
export function nonceOf({ nonce, position }: TokenTransfer, transaction: string): string {
  return nonce ?? transferNonce(transaction, position);
}

/** Places that are named in a message. */
const LISTED_MAX = 8;

function listed(transfers: readonly TokenTransfer[]): string {
  const places = transfers.slice(0, LISTED_MAX).map(({ logIndex }) => logIndex);
  return `${places.join(', ')}${transfers.length > LISTED_MAX ? ' and more' : ''}`;
}
