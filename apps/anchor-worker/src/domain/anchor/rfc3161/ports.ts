import type { Rfc3161Proof } from '@touchstone/contracts';
import type { RefusedAnchor, TargetStore } from '../target-store.js';

/** A token that holds, as its verification will find it. */
export interface StampedToken {
  readonly proof: Rfc3161Proof;
  /** SHA-256 of the token in hex, by which it is known. */
  readonly tokenHash: string;
  /** Time of the authority in milliseconds since 1970. */
  readonly timeMs: number;
}

/** A time-stamping authority. */
export interface TimeStamping {
  readonly network: string;
  /**
   * Asks for a token of a commitment and verifies it as a reader of the evidence will.
   *
   * @throws AppError `dependency-unavailable` when the authority does not answer; TokenRefusal when it gives no token that holds
   */
  stamp(commitment: Uint8Array): Promise<StampedToken>;
}

/** An anchor that is final from its first moment. */
export interface TokenAnchor extends StampedToken {
  readonly anchorId: string;
  readonly checkpointSize: bigint;
  /** 32 bytes. */
  readonly commitment: Uint8Array;
  /** Tokens. */
  readonly cost: bigint;
  readonly createdAtMs: number;
}

/** Keeps the tokens of one authority. */
export interface TokenStore extends TargetStore {
  /** Stores anchor and event in one transaction; `false` when the checkpoint has one already, and nothing happened. */
  record(anchor: TokenAnchor): Promise<boolean>;
  /** Stores a refusal as failed anchor, and the event about it when it is one too many. */
  refuse(anchor: RefusedAnchor): Promise<void>;
}
