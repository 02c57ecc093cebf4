import type { FeeMarket } from './fees.js';
import type { Attempt, BlockReference, Call, LaneTransaction, Placement } from './lane-transaction.js';

/** The newest block and the newest that no reorganisation drops any more. */
export interface ChainHead {
  readonly latest: bigint;
  readonly finalized: bigint;
}

/**
 * How a node took a transaction: `accepted` (also when it knew it), `nonce-used` when the chain has another one with
 * this nonce, `underpriced` when one with this nonce waits at a better price or the fee is below the node's floor.
 */
export type SendOutcome = 'accepted' | 'nonce-used' | 'underpriced';

/** The chain. Every method throws AppError `dependency-unavailable` when no node answers. */
export interface LaneChain {
  readonly network: string;
  readonly chainId: number;
  head(): Promise<ChainHead>;
  feeMarket(): Promise<FeeMarket>;
  /** Number of transactions of an account up to a block, the newest when left out: its next nonce there. */
  transactionCount(account: string, atBlock?: bigint): Promise<number>;
  /** Wei of an account. */
  balance(account: string): Promise<bigint>;
  /** Hash of the block at a height; `undefined` when the chain is shorter. */
  blockHash(number: bigint): Promise<string | undefined>;
  placementOf(hash: string): Promise<Placement | undefined>;
  /** True when the node has the transaction, mined or waiting. */
  knows(hash: string): Promise<boolean>;
  send(raw: string): Promise<SendOutcome>;
}

/** A transaction that the signer is asked for. */
export interface UnsignedTransaction extends Omit<Call, 'gas'> {
  readonly chainId: number;
  readonly nonce: number;
  readonly gas: bigint;
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
}

/** Signs with the key of one account, which only the signer holds. */
export interface LaneSigner {
  /** Address of the key of now, `0x` and lower case. */
  account(): Promise<string>;
  /**
   * @param account whose nonce it is: a transaction of any other account is not given out
   * @throws AppError `dependency-unavailable` when the key is another one, and the signer's refusal
   */
  sign(
    transaction: UnsignedTransaction,
    account: string,
  ): Promise<{ readonly raw: string; readonly hash: string }>;
}

/** What a transaction is wanted for. */
export interface Intent<D> {
  /** UUID. A subject has one transaction that can be mined at a time. */
  readonly subject: string;
  readonly call: Call;
  /** What the owner stores together with it. */
  readonly details: D;
}

/** What became of one intent. */
export type Prepared =
  | { readonly ok: true; readonly transaction: LaneTransaction }
  | { readonly ok: false; readonly error: unknown };

/** How to sign under one account. */
export interface Signing {
  readonly account: string;
  /** The chain's next nonce of the account; asked only while nothing of the lane waits. */
  readonly chainCount: () => Promise<number>;
  readonly sign: (call: Call, nonce: number) => Promise<Attempt>;
}

/**
 * Keeps lanes: one row of nonces per account, one row per nonce that was taken. Each method is one transaction; those
 * that change a row say what they expect, and `false` means that somebody else was faster.
 */
export interface LaneStore<D> {
  /**
   * Takes nonces in the order of the intents, has them signed and stores the bytes before anybody may send them. A
   * subject that has a transaction already gets that one.
   *
   * @throws AppError `dependency-unavailable` while another account's lane is being drained
   */
  prepare(intents: readonly Intent<D>[], signing: Signing): Promise<Prepared[]>;
  /** Stores further bytes of the same nonce. */
  addAttempt(transaction: LaneTransaction, attempt: Attempt): Promise<boolean>;
  /** The newest attempt was sent while this block was the newest. */
  markSent(transaction: LaneTransaction, atBlock: bigint): Promise<void>;
  /** The nonce is used up as of a block, or with `null` it is not any more. */
  markUsedUp(transaction: LaneTransaction, atBlock: bigint | null): Promise<void>;
  place(transaction: LaneTransaction, placement: Placement): Promise<boolean>;
  /** Marks a transaction as lost and signs its call under the next nonce if its subject still wants one. */
  renew(transaction: LaneTransaction, signing: Signing): Promise<LaneTransaction | undefined>;
  abandon(transaction: LaneTransaction): Promise<boolean>;
  /** Open transactions of all accounts that were signed before, in the order of their nonces. */
  open(signedBeforeMs: number, limit: number): Promise<readonly LaneTransaction[]>;
  /** The newest transaction of each subject. */
  ofSubjects(subjects: readonly string[]): Promise<ReadonlyMap<string, LaneTransaction>>;
  /** Blocks that hold mined transactions, the highest first. */
  blocks(limit: number): Promise<readonly BlockReference[]>;
  /** Forgets where the transactions of a block are: the chain dropped it. */
  unplace(block: BlockReference): Promise<void>;
  /** Mined transactions whose block is not known (any more), those first that were looked at longest ago. */
  unplaced(limit: number): Promise<readonly LaneTransaction[]>;
  /** It stands in no block: it is open again and sent at once, since all later nonces wait for it. */
  reopen(transaction: LaneTransaction): Promise<boolean>;
  /** It was looked at in vain: the others are looked at before it. */
  touch(transaction: LaneTransaction): Promise<void>;
  /** Transactions up to this block are followed no longer. */
  finish(upTo: bigint): Promise<void>;
}
