import type { AuditEvent, NodeStatus } from '@touchstone/contracts';
import type { AuditLine, AuditRecord } from './audit.js';
import type { Governance } from './governance.js';
import type { HeartbeatReport } from './heartbeat-report.js';
import type { HistoryEntry, NodeState } from './node.js';
import type { Observation } from './observe-heartbeat.js';
import type { Standing } from './standing.js';

/** Tells the time. */
export interface Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  nowMs(): number;
}

/** Keeps nodes. */
export interface NodeStore {
  /**
   * Takes a heartbeat into its node; resolves once that is committed, together with the event of a changed status and the
   * line of the audit.
   *
   * @throws AppError `forbidden` when the node is new and the store is full, or another may not report for it, `rate-limited` when it
   * reports or changes its status too often, `queue-full` when the database is too slow
   */
  take(report: HeartbeatReport): Promise<Observation>;
}

/** Finds nodes that are silent. */
export interface SilentNodeStore {
  /**
   * Makes nodes STALE that have been silent for too long at a time, and of which nobody noticed; resolves once that is committed, with
   * events and lines of the audit.
   *
   * @param limit most nodes of one call
   */
  notice(nowMs: number, limit: number): Promise<Observation[]>;
}

/** Forgets nodes, for their operator. */
export interface NodeRemover {
  /**
   * Forgets all that is kept of a node but its audit; its next heartbeat is its first.
   *
   * @returns false when there is no such node
   */
  remove(nodeId: string): Promise<boolean>;
}

/** Which nodes a page shows: those after a node id in order of the ids' bytes. */
export interface NodeQuery {
  readonly limit: number;
  readonly after?: string | undefined;
  readonly status?: NodeStatus | undefined;
  /** Whose last heartbeat came before this moment is STALE. */
  readonly silentBeforeMs: number;
}

/** Figures over all nodes. */
export interface NodeCounts {
  /** STALE are those whose last heartbeat came before the given moment. */
  readonly byStatus: Readonly<Record<NodeStatus, number>>;
  /** Lines of the audit since the other given moment. */
  readonly drifts: number;
  readonly spoofs: number;
}

/** Which lines of the audit a page shows: those after a number, the oldest first. */
export interface AuditQuery {
  readonly limit: number;
  readonly after: number;
  readonly node?: string | undefined;
  readonly event?: AuditEvent | undefined;
}

/** Reads the audit. */
export interface AuditReader {
  page(query: AuditQuery): Promise<AuditLine[]>;
}

/** Reads nodes. */
export interface NodeReader {
  find(nodeId: string): Promise<NodeState | undefined>;
  list(query: NodeQuery): Promise<NodeState[]>;
  /** What the operator decided about nodes. */
  governance(nodeIds: readonly string[]): Promise<(nodeId: string) => Governance>;
  /** What a node said over time, the newest first. */
  history(nodeId: string): Promise<HistoryEntry[]>;
  count(silentBeforeMs: number, auditSinceMs: number): Promise<NodeCounts>;
}

/** Where audit records go. */
export interface AuditTrail {
  record(record: AuditRecord): void;
}

/** Hears of every heartbeat, for figures. */
export interface HeartbeatWatcher {
  stored(observation: Observation, reporter: string, seconds: number): void;
  refused(reporter: string): void;
}

/** Hears of every new decision of the policy that would have blocked a node, for figures. */
export interface DecisionWatcher {
  decided(standing: Standing): void;
}

/** What nobody can guess. */
export interface Randomness {
  /** 128 bits as lower-case hex. */
  nonce(): string;
  /** 256 bits as base64url without padding. */
  token(): string;
}
