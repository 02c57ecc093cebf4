import type { BlockReference, DirectTransfer, PayerClaim, TransferPayment } from './direct-transfer.js';
import type { SeenTransaction } from './judge-transfer.js';
import type { Payment, PaymentKey } from './payment.js';
import type { ClaimDecision, Reservation, Settlement } from './reservation.js';

/** A new claim. */
export interface ReservationDraft {
  readonly id: string;
  readonly payment: Payment | TransferPayment;
  /** True for a direct transfer, which was verified before: its request owns it at once. */
  readonly verified?: boolean;
  readonly requestDigest: string;
  readonly leaseUntilMs: number;
  readonly nowMs: number;
  readonly fromBlock: bigint;
}

/** `taken` says whether the draft's request holds the payment now; its id is that of the first reservation. */
export type Claim =
  | { readonly taken: true; readonly reservation: Reservation }
  | {
      readonly taken: false;
      readonly reservation: Reservation;
      readonly decision: Exclude<ClaimDecision, { kind: 'take' }>;
    };

/** The transfer that paid. */
export interface Transfer {
  /** `0x` and 64 hex characters. */
  readonly transaction: string;
  readonly logIndex: number;
}

/** Durable reservations. Every method is one transaction; a lease end serves as the fencing token of its holder. */
export interface ReservationStore {
  /**
   * Inserts first; only where the key exists `decide` is asked, while no other process can change the row. A request
   * that is told `bound` is counted in the same transaction.
   */
  claim(draft: ReservationDraft, decide: (existing: Reservation) => ClaimDecision): Promise<Claim>;
  /** The claim verified: from now on its request owns the payment. False when the lease went to somebody else. */
  confirm(id: string, leaseUntilMs: number, nowMs: number): Promise<boolean>;
  /**
   * The claim did not verify: forgotten when it never had, otherwise given back and still bound. False when the lease
   * went to somebody else.
   */
  reject(id: string, leaseUntilMs: number, reason: string, nowMs: number): Promise<boolean>;
  /** Moves the end of a verified lease; never to an earlier time. False when the payment is not held (any more). */
  renew(id: string, leaseUntilMs: number, nowMs: number): Promise<boolean>;
  /** Gives a held reservation back; false when it is not held (any more), or owed. */
  release(id: string, reason: string, nowMs: number): Promise<boolean>;
  /**
   * Marks a verified reservation as owed, once, and reads it, in one round trip. One that was given back is held
   * again: whoever asks for its settlement has an answer for it. Every other state is only read.
   */
  owe(id: string, nowMs: number, recheckAtMs: number): Promise<Reservation | undefined>;
  /** From `reserved` to `settling` without a transaction: the chain has to tell. */
  awaitChain(id: string, nowMs: number): Promise<void>;
  /**
   * Settles once and announces it in the same transaction; returns what is stored then. Of the failed ones it settles
   * those whose failure the chain may undo.
   */
  settle(id: string, transfer: Transfer, settlement: Settlement, nowMs: number): Promise<Reservation>;
  /** Fails once and announces it in the same transaction; a settled reservation stays settled. */
  fail(
    id: string,
    reason: string,
    settlement: Settlement,
    nowMs: number,
    /** When the chain is asked again, for a failure that is not the end. */
    recheckAtMs: number | null,
  ): Promise<Reservation>;
  /** The chain has decided about a reservation whose transaction reverted: the final reason, and no further look. */
  conclude(id: string, reason: string, settlement: Settlement, nowMs: number): Promise<Reservation>;
  find(id: string): Promise<Reservation | undefined>;
  findByKey(key: PaymentKey): Promise<Reservation | undefined>;
  /** Reservations in `settling` that nobody touched since `untouchedSinceMs`, oldest first. */
  open(untouchedSinceMs: number, limit: number): Promise<Reservation[]>;
  /** Owed reservations that were not settled, and failed ones that may be settled by others, whose time has come. */
  due(nowMs: number, limit: number): Promise<Reservation[]>;
  /** Puts the next look at a due reservation off. */
  postpone(id: string, recheckAtMs: number): Promise<void>;
}

/** What the chain says about one authorisation. */
export type AuthorizationFate =
  /** The payment's own transfer stands in a block, whoever sent it. */
  | { readonly kind: 'paid'; readonly transfer: Transfer }
  | { readonly kind: 'used-otherwise' }
  | { readonly kind: 'canceled' }
  /** Its time is over at a final block and it was not used. */
  | { readonly kind: 'expired' }
  /** A direct transfer stands in no block up to a final one that is as high as its own was. */
  | { readonly kind: 'dropped' }
  /** It may still be used. */
  | { readonly kind: 'open' };

/** A transaction as its receipt shows it; `unknown` while it stands in no block, or not deep enough to count. */
export type TransactionOutcome = 'success' | 'reverted' | 'unknown';

/**
 * The chain. Every method throws AppError `dependency-unavailable` when the node does not answer in time.
 */
export interface SettlementChain {
  /** A recent block number; at most some seconds old. */
  recentBlock(): Promise<bigint>;
  /** True when the signature recovers to the payer, as that of a plain account does; asks nobody. */
  recoversToPayer(signed: Signed): boolean;
  /** True when the payer is a contract that says that it signed (ERC-1271); asks the node. */
  isSignedByContract(signed: Signed): Promise<boolean>;
  fateOf(reservation: Reservation): Promise<AuthorizationFate>;
}

/** What a payer signs. */
export type Signed = Payment | PayerClaim;

/** Where a direct transfer that was taken stands. */
export type TransferStanding =
  | { readonly kind: 'final'; readonly block: BlockReference }
  /** In a block that may still be dropped, perhaps in another one than before. */
  | { readonly kind: 'moved'; readonly block: BlockReference }
  | { readonly kind: 'dropped' }
  | { readonly kind: 'unknown' };

/** Transfers that payers made themselves. Every method throws AppError `dependency-unavailable`. */
export interface TransferReader {
  /** A transaction with its transfers of one token; undefined while no block of the chain has it. */
  look(asset: string, transaction: string): Promise<SeenTransaction | undefined>;
  /** Number of the newest block that no reorganisation drops; undefined while there is none. */
  finalNumber(): Promise<bigint | undefined>;
  standingOf(
    reservation: Reservation & { readonly transfer: DirectTransfer },
    final: bigint,
  ): Promise<TransferStanding>;
}

/** Reservations of direct transfers, as they are looked for by their transaction and followed until they are final. */
export interface TransferStore {
  /** All of one transaction. */
  ofTransaction(network: string, asset: string, transaction: string): Promise<readonly Reservation[]>;
  /** Whether a settled one is not known to be final. */
  hasUnfinished(): Promise<boolean>;
  /** Settled ones that are not known to be final, whose block is at most `final`, oldest look first. */
  unfinished(final: bigint, limit: number): Promise<readonly Reservation[]>;
  /** Where a transfer stands now, and whether it stays there. */
  place(id: string, block: BlockReference, isFinal: boolean, nowMs: number): Promise<void>;
  /** Puts the next look at one behind those at the others. */
  postpone(id: string, nowMs: number): Promise<void>;
  /** Fails a settled one that was dropped, once, and announces it in the same transaction. */
  reverse(id: string, reason: string, settlement: Settlement, nowMs: number): Promise<boolean>;
}

/** The answer of the official verification. */
export type Verdict =
  { readonly valid: true } | { readonly valid: false; readonly reason: string; readonly message?: string };

/** How one attempt to settle ended. */
export type SettleAttempt =
  | { readonly kind: 'confirmed'; readonly transfer: Transfer; readonly settlement: Settlement }
  /** Sent, or possibly sent; only the chain can tell. */
  | { readonly kind: 'pending'; readonly transaction: string }
  | { readonly kind: 'reverted'; readonly transaction: string }
  /** Nothing was signed. */
  | { readonly kind: 'refused'; readonly reason: string; readonly message?: string };

/** What can be settled. */
export interface SettleableKinds {
  /** The answer of `GET /supported`. @throws AppError `dependency-unavailable` */
  supported(): Promise<Record<string, unknown>>;
}

/** The official facilitator on our own node and signer. Both methods throw `dependency-unavailable`. */
export interface Facilitator {
  verify(payment: Payment): Promise<Verdict>;
  /** Whether {@link verify} said yes moments ago, in this process. */
  isVerified(payment: Payment): boolean;
  /** Idempotent: a reservation gets one transaction, a repeated call joins it. */
  settle(reservation: Reservation, payment: Payment): Promise<SettleAttempt>;
}

/** The relayer's transactions, one per reservation. */
export interface SettlementLane {
  /** Moves every transaction that is not final a step; those signed later than this are left alone. */
  run(signedBeforeMs: number): Promise<unknown>;
  /**
   * How the own transactions of reservations stand; asked of the chain one by one.
   *
   * @throws AppError `dependency-unavailable`
   */
  outcomesOf(
    reservationIds: readonly string[],
  ): Promise<(reservationId: string) => Promise<TransactionOutcome>>;
}

/** Figures; labels are bounded. */
export interface PaymentMetrics {
  verified(seconds: number, outcome: string): void;
  settled(seconds: number, outcome: string): void;
  payment(state: string, reason: string): void;
  replayBlocked(kind: string): void;
}
