import type { AppError } from '@touchstone/contracts';
import type { EntityManager } from 'typeorm';
import type { Intent } from '../lane/lane-ports.js';
import type { LaneTransaction } from '../lane/lane-transaction.js';

/** Whose transactions these are. Every call runs inside the transaction that changes the lane. */
export interface LaneOwner<D> {
  /** Locks what the intents are for; an error for each subject that may not have a transaction. */
  claim(manager: EntityManager, intents: readonly Intent<D>[]): Promise<ReadonlyMap<string, AppError>>;
  /** Stores what belongs to transactions that were signed now. */
  signed(manager: EntityManager, signed: readonly SignedFor<D>[]): Promise<void>;
  /** Whether the subject of a lost transaction still wants one; locks it. */
  wants(manager: EntityManager, transaction: LaneTransaction): Promise<boolean>;
}

/** A transaction with what the owner wanted stored; `details` is undefined where its call is signed anew. */
export interface SignedFor<D> {
  readonly transaction: LaneTransaction;
  readonly details: D | undefined;
}

/** How a store of lanes is set up. */
export interface LaneStoreOptions<D> {
  readonly schema: string;
  readonly network: string;
  readonly owner: LaneOwner<D>;
  /** Milliseconds that the lane of an account whose key is gone may hold up that of the next. */
  readonly drainMs: number;
  readonly nowMs: () => number;
}
