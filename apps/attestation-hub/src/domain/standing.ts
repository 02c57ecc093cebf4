import type { AuditEvent, BlockReason, JudgedStatus, ZoneMode, ZoneRule } from '@touchstone/contracts';
import type { AuditRecord } from './audit.js';
import type { Zone } from './zones.js';

/** What the policy of its zone makes of a node. */
export interface Standing {
  readonly zone: string;
  readonly mode: ZoneMode;
  readonly quarantined: boolean;
  /** The first thing that speaks against the node, `null` where nothing does. */
  readonly reason: BlockReason | null;
}

/** What a policy looks at. */
export interface StandingFacts {
  readonly quarantined: boolean;
  /** What the last heartbeat made of the node: a suspected one that falls silent stays suspected. */
  readonly status: JudgedStatus;
  readonly silent: boolean;
  /** Whether the last heartbeat was signed. */
  readonly signed: boolean;
}

/** The standing of a node before anything was told of it. */
export const UNTOLD: Standing = { zone: 'default', mode: 'observe', quarantined: false, reason: null };
/** A node that was never heard. */
export const UNHEARD = { status: 'MISSING', silent: true, signed: false } as const;

const rules: readonly (readonly [ZoneRule, BlockReason, (facts: StandingFacts) => boolean])[] = [
  ['SPOOF_SUSPECT', 'spoof-suspect', ({ status }) => status === 'SPOOF_SUSPECT'],
  ['DRIFT', 'drift', ({ status }) => status === 'DRIFT'],
  ['MISSING', 'missing', ({ status }) => status === 'MISSING'],
  ['STALE', 'stale', ({ silent }) => silent],
  ['UNSIGNED', 'unsigned', ({ signed }) => !signed],
];

/** The policy in one place, a pure function of the zone and of what is known. */
export function judgeStanding({ zone, mode, rules: chosen }: Zone, facts: StandingFacts): Standing {
  const broken = rules.find(([rule, , holds]) => chosen.includes(rule) && holds(facts));
  const reason = facts.quarantined ? 'quarantined' : (broken?.[1] ?? null);
  return { zone, mode, quarantined: facts.quarantined, reason };
}

/** Whether two are the same in every member. */
export function isSameStanding(left: Standing, right: Standing): boolean {
  return !isAnother(left, right) && left.quarantined === right.quarantined;
}

/** Whether the outputs of the node must not be signed. */
export function isBlocked({ mode, reason }: Standing): boolean {
  return mode === 'enforce' && reason !== null;
}

/** Whether a change has to reach those who act on it. */
export function isAnnounced(before: Standing, after: Standing): boolean {
  const { zone, quarantined } = before;
  return zone !== after.zone || quarantined !== after.quarantined || isBlocked(before) !== isBlocked(after);
}

/** A decision that would have blocked under `enforce`, where it is a new one. */
export function wouldBlock(before: Standing, after: Standing): boolean {
  return after.mode !== 'enforce' && after.reason !== null && isAnother(before, after);
}

/** What the audit tells of a change, if anything. */
export function standingEvent(before: Standing, after: Standing): AuditEvent | undefined {
  if (isBlocked(after)) return isAnother(before, after) ? 'ATTESTATION_BLOCKED' : undefined;
  if (isBlocked(before)) return 'ATTESTATION_UNBLOCKED';
  return after.mode === 'warn' && wouldBlock(before, after) ? 'ATTESTATION_WOULD_BLOCK' : undefined;
}

function isAnother(before: Standing, after: Standing): boolean {
  return before.reason !== after.reason || before.mode !== after.mode || before.zone !== after.zone;
}

/** The line of the audit about a change. */
export function standingRecord(
  event: AuditEvent,
  nodeId: string,
  { zone, reason }: Standing,
  atMs: number,
): AuditRecord {
  return {
    ...{ event, node_id: nodeId, reason, zone, detail: null, reporter: 'policy', remote_addr: null },
    ...{ old_cap_prefix: null, new_cap_prefix: null, old_build: null, new_build: null },
    ts_utc: new Date(atMs).toISOString(),
  };
}
