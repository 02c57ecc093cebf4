import type { Fees } from './fees.js';

/** A contract call; address and data in lower-case hex with `0x`. */
export interface Call {
  readonly to: string;
  readonly data: string;
  /** Gas limit. */
  readonly gas: bigint;
}

/** Signed bytes. A nonce may have several, which differ in their fees; the chain takes one of them at most. */
export interface Attempt extends Fees {
  /** `0x` and 64 hex characters. */
  readonly hash: string;
  /** `0x`-prefixed bytes as they are sent, the same at each resend. */
  readonly raw: string;
  /** Number of the newest block when it was first sent; `null` before. */
  readonly sentAtBlock: bigint | null;
}

/** A block as a receipt names it. */
export interface BlockReference {
  readonly number: bigint;
  /** `0x` and 64 hex characters. */
  readonly hash: string;
}

/** Where one of the attempts stands. */
export interface Placement {
  readonly hash: string;
  readonly block: BlockReference;
  readonly succeeded: boolean;
  readonly gasUsed: bigint;
}

/**
 * - `open`: signed and stored, perhaps sent; in no block that is known
 * - `mined`: one attempt stands in a block that a reorganisation may still drop
 * - `final`: it stands in a block that none drops any more
 * - `lost`: another transaction has the nonce for good, so none of the attempts can ever stand in a block
 * - `abandoned`: the account's key is gone and the chain did not take the bytes in time; nobody waits for it any more
 */
export const laneStates = ['open', 'mined', 'final', 'lost', 'abandoned'] as const;
export type LaneState = (typeof laneStates)[number];

/** One nonce of one account, and what it was taken for. */
export interface LaneTransaction {
  readonly id: string;
  /** Id of what it is for: a reservation, an anchor. */
  readonly subject: string;
  /** Whose nonce it is, `0x` and lower case; never compared with the account of now. */
  readonly account: string;
  readonly nonce: number;
  readonly call: Call;
  readonly state: LaneState;
  /** The newest last; at least one. */
  readonly attempts: readonly Attempt[];
  /** Of a `mined` or `final` transaction; `undefined` while its block is being looked for. */
  readonly placement: Placement | undefined;
  /** Newest block when the nonce was first seen used up without a receipt; `null` while it is not. */
  readonly usedUpAtBlock: bigint | null;
  readonly signedAtMs: number;
}

/** The attempt that counts: the newest. */
export function newestAttempt({ attempts }: Pick<LaneTransaction, 'attempts'>): Attempt {
  return attempts[attempts.length - 1] as Attempt;
}
