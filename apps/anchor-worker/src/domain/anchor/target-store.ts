import type { AnchorableCheckpoint } from './anchorable.js';
import type { AnchorHistory } from './policy.js';

/** Failed anchors and refusals in a row on one network after which somebody is told: an event that becomes a dead letter. */
export const ANCHOR_FAILURES_MAX = 5;
/** Milliseconds that a failed anchor is kept; those of the streak that lasts are kept longer. */
export const FAILED_ANCHORS_AGE_MS = 30 * 86_400_000;
/** Failed anchors of one network that are kept, the newest. */
export const FAILED_ANCHORS_MAX = 1_000;

/** Whether a checkpoint, or a later one, is anchored: its anchor stands in a block or is final, is on its way, or there is none. */
export type Standing = 'anchored' | 'on-its-way' | 'none';

/** An anchor that failed before anything of it was stored: the chain or the authority refused it. */
export interface RefusedAnchor {
  readonly anchorId: string;
  readonly checkpointSize: bigint;
  /** 32 bytes. */
  readonly commitment: Uint8Array;
  readonly reason: string;
  /** What it cost all the same, in the unit of the target. */
  readonly cost: bigint;
  readonly createdAtMs: number;
}

/** Keeps the anchors of one network, of any kind. */
export interface TargetStore {
  /** The newest checkpoint that no anchor covers. */
  anchorable(): Promise<AnchorableCheckpoint | undefined>;
  /** @param costUnknownMax what an open anchor counts as that was stored without its largest cost */
  history(costUnknownMax: bigint): Promise<AnchorHistory>;
  standing(checkpointSize: bigint): Promise<Standing>;
  /** Deletes failed anchors beyond {@link FAILED_ANCHORS_AGE_MS} and {@link FAILED_ANCHORS_MAX}. */
  dropFailed(): Promise<void>;
}
