import type { Heartbeat, JudgedStatus, NodeStatus } from '@touchstone/contracts';
import type { Conduct } from './conduct.js';
import type { Nonce } from './node-keys.js';
import type { Standing } from './standing.js';

/** How well a node says it is. */
export type NodeHealth = Heartbeat['health'];

/** What a node says about its build, with the members of `attestation_v1` in this house's spelling. */
export interface AttestedBuild {
  readonly buildId: string;
  /** 32 bytes as lower-case hex. */
  readonly capabilityHash: string;
  readonly runtime: Readonly<Record<string, string>>;
}

/** An attestation and when it came, in milliseconds since 1970. */
export interface Sighting extends AttestedBuild {
  readonly atMs: number;
}

/** A while in which a node said one thing: what it was, and when it was last said, in milliseconds since 1970. */
export interface Run {
  /** Fingerprint of build and capabilities. */
  readonly build: string;
  /** Fingerprint of the runtime. */
  readonly runtime: string;
  readonly lastMs: number;
}

/** Who brought the heartbeats of a node: a service of the mesh, or `http` for anybody who posts them. */
export interface ReporterState {
  readonly current: string;
  /** The one before, `null` as long as it never changed. */
  readonly previous: string | null;
  readonly changedAtMs: number | null;
}

/** When what a node took of its allowances is refilled, in milliseconds since 1970; 0 before it took anything. */
export interface Refills {
  readonly heartbeatsMs: number;
  readonly statusChangesMs: number;
}

/** Everything that is kept about a node (R-NODE-3). All times are receive times of the hub. */
export interface NodeState {
  readonly nodeId: string;
  /** What the last heartbeat made of the node. */
  readonly status: JudgedStatus;
  /** Since when the node is known to be silent, `null` of one that is not, or of which nobody noticed yet. */
  readonly staleSinceMs: number | null;
  /** What the node reports, and YELLOW where its status makes that too good. */
  readonly health: NodeHealth;
  /** What the node itself last reported. */
  readonly reportedHealth: NodeHealth;
  /** The first attestation; it never changes and is what later ones are measured against. */
  readonly firstSeen: Sighting | null;
  /** The last attestation; heartbeats without one leave it as it is. */
  readonly lastSeen: Sighting | null;
  readonly driftCount: number;
  readonly spoofCount: number;
  /** When the status last changed. */
  readonly lastChangeMs: number;
  /** The last heartbeat of any kind; the age of a node counts from here. */
  readonly lastHeartbeat: {
    readonly atMs: number;
    /** The time that the node stated, in UTC with milliseconds. */
    readonly tsUtc: string;
    /** Stated time minus receive time. */
    readonly clockSkewMs: number;
  };
  readonly reporter: ReporterState;
  readonly refills: Refills;
  /** What the node said before what it says now, as far back as the window of the rules, the oldest first. */
  readonly recentRuns: readonly Run[];
  /** What the policy last made of the node; `null` before it was asked. */
  readonly standing: Standing | null;
  /** How it counts its starts and heartbeats; `null` of one that does not. */
  readonly conduct: Conduct | null;
  /** When a clock that is off was last told, in milliseconds since 1970; 0 where it never was. */
  readonly skewToldMs: number;
  /** The key that signed the last heartbeat, `null` of one that nobody signed. */
  readonly signedKeyId: string | null;
  /** What the last signed heartbeat was answered with. */
  readonly nonce: Nonce | null;
  /** How many entries the history ever had; it is the number of the next one. */
  readonly historyLength: number;
}

/** The status of a node that was told last: that of its last heartbeat, unless it was found silent since. */
export function toldStatus({ status, staleSinceMs }: Pick<NodeState, 'status' | 'staleSinceMs'>): NodeStatus {
  return staleSinceMs === null ? status : 'STALE';
}

/** An entry of a node's history: what the node said from then on. Equal heartbeats make no entry. */
export interface HistoryEntry {
  /** Counts from 0 for each node. */
  readonly number: number;
  readonly atMs: number;
  readonly status: NodeStatus;
  readonly health: NodeHealth;
  /** `null` for a heartbeat without attestation. */
  readonly attestation: AttestedBuild | null;
  readonly reporter: string;
}

/** Entries that are kept for each node; a further one takes the place of the oldest. */
export const HISTORY_ENTRIES_MAX = 64;
