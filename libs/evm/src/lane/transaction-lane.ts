import { Batcher } from '@touchstone/work';
import type { LaneChain, LaneSigner, LaneStore, Intent, Prepared, SendOutcome } from './lane-ports.js';
import { newestAttempt, type LaneTransaction, type Placement } from './lane-transaction.js';
import { AdvanceTransactions } from './advance-transactions.js';
import { FollowTransactions } from './follow-transactions.js';
import { SignAttempts } from './sign-attempts.js';

/** Intents that are signed and stored by one transaction of the database. */
export const LANE_INTENTS_MAX = 32;

/** What happened to a transaction; each has a figure. */
export interface LaneEvent {
  /**
   * - `mined`: stands in a block, also after it moved to another one
   * - `dropped`: the chain dropped its block, the same bytes are sent again
   * - `resent`: no node had it any more, the same bytes were sent again
   * - `replaced`: further bytes of its nonce were signed at higher fees
   * - `capped`: it waits, and the cap of the fees leaves no room for more
   * - `renewed`: another transaction has its nonce for good, its call was signed under the next
   * - `lost`: the same, and nobody wants it any more
   * - `abandoned`: its account's key is gone and the chain did not take it in time
   */
  readonly kind: 'mined' | 'dropped' | 'resent' | 'replaced' | 'capped' | 'renewed' | 'lost' | 'abandoned';
  readonly transaction: LaneTransaction;
}

/** What a lane is made of. */
export interface LaneParts<D> {
  readonly chain: LaneChain;
  readonly store: LaneStore<D>;
  readonly signer: LaneSigner;
  /** Largest fee per gas in wei. */
  readonly feePerGasMax: bigint;
  /** Blocks that must hold a transaction before it counts, its own included. */
  readonly confirmations: bigint;
  /** Blocks that a transaction may wait before its fees are raised, and that a receipt may lag behind a used nonce. */
  readonly stuckBlocks: bigint;
  /** Milliseconds that the lane of an account whose key is gone may hold up that of the next. */
  readonly drainMs: number;
  readonly nowMs: () => number;
  /** Called before a placement is stored; when it throws, the transaction is looked at again in the next run. */
  readonly onPlacing?: (transaction: LaneTransaction, placement: Placement) => Promise<void>;
  readonly onEvent: (event: LaneEvent) => void;
  /** A transaction that could not be looked at now; the others are not kept waiting. */
  readonly onError?: (error: unknown, transaction: LaneTransaction) => void;
}

/** Told of a transaction that could not be looked at. */
export type RowFailure = (error: unknown, transaction: LaneTransaction) => void;

/** How a transaction stands: in a block that counts, in one that does not yet, or in none. */
export type Outcome =
  | { readonly kind: 'deep'; readonly placement: Placement }
  | { readonly kind: 'shallow'; readonly placement: Placement }
  | { readonly kind: 'unmined' };

/**
 * Sends transactions of one account at a time: prepare, persist, send, raise the fees, follow to finality. The nonce and
 * the signed bytes are stored together before anybody may send them; every doubt is settled by asking the chain for a
 * stored hash; a nonce may have several signed bytes, any of which settles it; and a call gets another nonce only when
 * its own was used up by a stranger, deep enough, and no receipt came for a while.
 */
export class TransactionLane<D> {
  private readonly signing: SignAttempts;
  private readonly group: Batcher<Intent<D>, Prepared>;
  private readonly advancing: AdvanceTransactions;
  private readonly following: FollowTransactions;

  constructor(private readonly parts: LaneParts<D>) {
    this.signing = new SignAttempts(parts.chain, parts.signer, parts.feePerGasMax);
    // One writer: the lane's row orders them anyway, and those that come meanwhile are stored together.
    this.group = new Batcher({
      write: (intents) => this.prepareAll(intents),
      itemsMax: LANE_INTENTS_MAX,
      writersMax: 1,
    });
    this.advancing = new AdvanceTransactions(parts, this.signing);
    this.following = new FollowTransactions(parts);
  }

  /**
   * Signs and stores the transaction of a subject; a second call gets the first one.
   *
   * @throws AppError `dependency-unavailable` (nothing was signed), and the owner's or the signer's refusal
   */
  async prepare(intent: Intent<D>): Promise<LaneTransaction> {
    const prepared = await this.group.add(intent);
    if (!prepared.ok) throw prepared.error;
    return prepared.transaction;
  }

  /** Sends the newest bytes. A sending that fails is no failure of the transaction: the bytes are stored. */
  async send(transaction: LaneTransaction): Promise<SendOutcome> {
    return this.parts.chain.send(newestAttempt(transaction).raw);
  }

  /** Where one of the attempts stands now. @throws AppError `dependency-unavailable` */
  async outcomeOf(transaction: LaneTransaction): Promise<Outcome> {
    const placement = await placementOf(this.parts.chain, transaction);
    if (placement === undefined) return { kind: 'unmined' };
    // A first confirmation is the receipt itself and costs no further question.
    if (this.parts.confirmations <= 1n) return { kind: 'deep', placement };
    const { latest } = await this.parts.chain.head();
    const depth = latest - placement.block.number + 1n;
    return { kind: depth >= this.parts.confirmations ? 'deep' : 'shallow', placement };
  }

  /**
   * Moves everything that is not final a step: first what the chain may have dropped, because it is sent again before
   * what was signed after it, then what stands in no block.
   *
   * @param signedBeforeMs leaves those out that were signed later, because somebody waits for their receipt
   * @returns why some of them could not be looked at; they are tried again in the next run
   */
  async run(signedBeforeMs = Number.POSITIVE_INFINITY): Promise<readonly unknown[]> {
    const failures: unknown[] = [];
    const onError = (error: unknown, transaction: LaneTransaction): void => {
      failures.push(error);
      this.parts.onError?.(error, transaction);
    };
    // What follows must not keep the rest from being sent: it is then that a payer waits longest.
    await this.following.run(onError).catch((error: unknown) => failures.push(error));
    await this.advancing.run(signedBeforeMs, onError);
    return failures;
  }

  /** The newest transaction of each subject. */
  ofSubjects(subjects: readonly string[]): Promise<ReadonlyMap<string, LaneTransaction>> {
    return this.parts.store.ofSubjects(subjects);
  }

  /** Stores what waits and takes nothing new. */
  close(): Promise<void> {
    return this.group.close();
  }

  private async prepareAll(intents: readonly Intent<D>[]): Promise<Prepared[]> {
    const signing = await this.signing.fresh(intents.map(({ call }) => call));
    return this.parts.store.prepare(intents, signing);
  }
}

/** The placement of any attempt, the newest first. */
export async function placementOf(
  chain: Pick<LaneChain, 'placementOf'>,
  transaction: LaneTransaction,
): Promise<Placement | undefined> {
  for (const { hash } of [...transaction.attempts].reverse()) {
    const placement = await chain.placementOf(hash);
    if (placement !== undefined) return placement;
  }
  return undefined;
}
