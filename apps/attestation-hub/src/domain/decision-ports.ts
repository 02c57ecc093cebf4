import type { BlockReason } from '@touchstone/contracts';
import type { RolloutState } from '@touchstone/contracts/http/attestation-hub';
import type { AuditRecord } from './audit.js';
import type { Build } from './builds.js';
import type { Baseline, Quarantine, Rollout, Selection } from './governance.js';
import type { Observation } from './observe-heartbeat.js';

/** When the operator decided something, and from which address. */
export interface OperatorAct {
  readonly atMs: number;
  readonly remoteAddress: string | null;
}

/** A decision that is committed: what holds then, and what has to be told of it. */
export interface Decided<T> {
  readonly result: T;
  readonly audit: readonly AuditRecord[];
  /** What it made of nodes; lines of the audit about that are among those above. */
  readonly observations: readonly Observation[];
}

/** Whether a node is quarantined, and whether it is blocked for whatever reason. */
export interface NodeQuarantine {
  readonly quarantine: Quarantine | null;
  readonly blocked: boolean;
}

/** Keeps what the operator decides about single nodes. */
export interface DecisionStore {
  /**
   * Calls a build right for a node, or the one that it says now; a build that is right already changes nothing.
   *
   * @throws AppError `not-found` where the node was never heard, `conflict` where it has no build or too many are right
   */
  approve(nodeId: string, build: Build | 'current', act: OperatorAct): Promise<Decided<Baseline>>;
  /** Puts a node into quarantine, heard or not; the same once more changes nothing. */
  quarantine(nodeId: string, reason: string, act: OperatorAct): Promise<Decided<NodeQuarantine>>;
  /** Takes a node out of quarantine; one that is in none stays so. */
  release(nodeId: string, act: OperatorAct): Promise<Decided<NodeQuarantine>>;
}

/** A rollout as it is kept, open or closed. */
export interface KeptRollout extends Rollout {
  readonly state: RolloutState;
  readonly closedAtMs: number | null;
}

/** A rollout that is to begin. */
export interface PlannedRollout {
  readonly name: string;
  readonly selection: Selection;
  readonly build: Build;
  readonly durationMs: number;
}

/** Which rollouts a page shows: those after a name in order of the bytes. */
export interface RolloutQuery {
  readonly limit: number;
  readonly after?: string | undefined;
  readonly state?: RolloutState | undefined;
}

/** Keeps rollouts. */
export interface RolloutStore {
  /**
   * Begins a rollout; the same once more changes nothing.
   *
   * @throws AppError `conflict` where the name is another rollout's, or too many are open
   */
  start(planned: PlannedRollout, act: OperatorAct): Promise<Decided<KeptRollout>>;
  /**
   * Closes a rollout; the same once more changes nothing.
   *
   * @throws AppError `not-found`, `conflict` where it was closed in the other way, or its time is over
   */
  end(name: string, outcome: Exclude<RolloutState, 'open'>, act: OperatorAct): Promise<Decided<KeptRollout>>;
  /** Completes the rollouts whose time is over. */
  closeExpired(nowMs: number): Promise<Decided<number>>;
  list(query: RolloutQuery): Promise<KeptRollout[]>;
}

/** Applies the policy to nodes of which nothing comes. */
export interface PolicyStore {
  /**
   * Asks the policy anew about the nodes after one of them; resolves with the last node that was asked about, undefined at the end.
   *
   * @param limit most nodes of one call
   */
  reconsider(after: string, limit: number, nowMs: number): Promise<Decided<string | undefined>>;
}

/** A node whose outputs must not be signed. */
export interface BlockedNode {
  readonly nodeId: string;
  readonly reason: BlockReason;
}

/** Reads which nodes are blocked. */
export interface StandingReader {
  /**
   * All nodes that are blocked at a time.
   *
   * @throws AppError `conflict` where they are more than an answer names
   */
  blocked(nowMs: number): Promise<BlockedNode[]>;
}
