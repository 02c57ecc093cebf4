import type { AnchorKind } from '@touchstone/contracts';
import type { Standing } from './target-store.js';

/** Where a chain stands, seen from one of its blocks. */
export interface BlockStanding {
  /** Number of the newest block. */
  readonly head: bigint;
  /** Hash of the block once it is final, `0x` and lower case; `undefined` before. */
  readonly finalHash: string | undefined;
}

/**
 * Where checkpoints are anchored: one network of one kind. Every target is run by a loop of its own, so that one that is down
 * hinders no other.
 */
export interface AnchorTarget {
  readonly kind: AnchorKind;
  readonly network: string;
  /**
   * Moves what is open a step and makes a new anchor when it is time. It may be repeated after a crash at any place.
   *
   * @returns milliseconds after which to look again, `undefined` when nothing is open
   */
  run(): Promise<number | undefined>;
  /**
   * Makes an anchor past every pause and never past the budget, unless one is on its way.
   *
   * @returns why none was made; `undefined` when one was, one is on its way, or there is nothing to anchor
   */
  tryNow(): Promise<string | undefined>;
  /** How a checkpoint stands there. */
  standing(checkpointSize: bigint): Promise<Standing>;
  /** Why the newest of the anchors that failed in a row did. */
  lastFailure(): Promise<string | undefined>;
  /** A block of the network; kinds without blocks have no such method. @throws AppError `dependency-unavailable` */
  block?(number: bigint): Promise<BlockStanding>;
  /** Why nothing can become final there at present, for readiness and figures; `undefined` while it can. */
  readonly trouble: string | undefined;
}
