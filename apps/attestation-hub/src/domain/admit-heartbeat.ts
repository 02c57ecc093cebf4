import { AppError } from '@touchstone/contracts';
import { takeOne, type Allowance } from './allowance.js';
import type { FlipRules } from './flip-rules.js';
import { UNGOVERNED, type Governance } from './governance.js';
import type { HeartbeatReport } from './heartbeat-report.js';
import { judgeHeartbeat, type Verdict } from './judge-heartbeat.js';
import { keyError, signatureFault } from './node-keys.js';
import type { NodeState, Refills } from './node.js';

/** The reporter of heartbeats that are posted. */
export const HTTP_REPORTER = 'http';

/** Heartbeats of one node that are taken at once, whatever way they come; more than a history holds. */
export const HEARTBEATS_PER_NODE_MAX = 120;
/** Milliseconds until one more heartbeat of a node is taken: ten times the pace of one that beats every ten seconds. */
export const HEARTBEAT_REFILL_MS = 1_000;
/** Changes of the status of one node that are taken at once; each is an event, which is stored for seven days. */
export const STATUS_CHANGES_PER_NODE_MAX = 10;
/**
 * Milliseconds until one more change of a node's status is taken: as many nodes as a hub keeps by default, all of them hostile,
 * make 17 events a second, of which an hour fits into the stream many times over.
 */
export const STATUS_CHANGE_REFILL_MS = 600_000;

const heartbeats: Allowance = { max: HEARTBEATS_PER_NODE_MAX, refillMs: HEARTBEAT_REFILL_MS };
const statusChanges: Allowance = { max: STATUS_CHANGES_PER_NODE_MAX, refillMs: STATUS_CHANGE_REFILL_MS };

/**
 * Whether a heartbeat may change its node, the same for every way on which it comes: a captured service of the mesh fills neither
 * stream nor tables. What a service of the mesh says of its own node, with its own login, nobody overrules by posting.
 *
 * @param verdict what the rules make of the heartbeat, for a caller who knows
 * @returns AppError `forbidden`, `unauthenticated` or `rate-limited`, or `undefined` where it may
 */
export function refuseHeartbeat(
  known: NodeState | undefined,
  report: HeartbeatReport,
  rules: FlipRules,
  governance: Governance = UNGOVERNED,
  verdict: Verdict = judgeHeartbeat(known, report, rules, governance),
): AppError | undefined {
  const current = known?.reporter.current ?? report.reporter;
  if (report.reporter === HTTP_REPORTER && current !== HTTP_REPORTER)
    return new AppError('forbidden', `The node ${report.nodeId} reports through ${current}, and only so.`);
  const { signedBy = null, receivedAtMs } = report;
  const fault = signatureFault(signedBy, governance.keys, known?.nonce ?? null, receivedAtMs);
  if (fault !== null) return keyError(fault);
  const spent = spendAllowances(known, report, verdict);
  if (!('waitMs' in spent)) return undefined;
  return new AppError('rate-limited', `The node ${report.nodeId} ${spent.detail}`, {
    retryAfterSeconds: Math.ceil(spent.waitMs / 1_000),
  });
}

/** What is left of the allowances of a node after one heartbeat, or which of them is used up. */
export function spendAllowances(
  known: NodeState | undefined,
  report: HeartbeatReport,
  { status }: Pick<Verdict, 'status'>,
): Refills | { readonly waitMs: number; readonly detail: string } {
  const before = refillsBefore(known, report);
  const beat = takeOne(heartbeats, before.heartbeatsMs, report.receivedAtMs);
  if ('waitMs' in beat) return { ...beat, detail: 'sent more heartbeats than are taken of one node.' };
  if (status === known?.status)
    return { heartbeatsMs: beat.refilledAtMs, statusChangesMs: before.statusChangesMs };
  const change = takeOne(statusChanges, before.statusChangesMs, report.receivedAtMs);
  if ('waitMs' in change)
    return { ...change, detail: 'changed its status more often than is taken of one node.' };
  return { heartbeatsMs: beat.refilledAtMs, statusChangesMs: change.refilledAtMs };
}

/** A service that takes over a node, which happens once, does not pay for what strangers posted about it. */
function refillsBefore(known: NodeState | undefined, report: HeartbeatReport): Refills {
  const isTakenOver = known?.reporter.current === HTTP_REPORTER && report.reporter !== HTTP_REPORTER;
  return known === undefined || isTakenOver ? { heartbeatsMs: 0, statusChangesMs: 0 } : known.refills;
}
