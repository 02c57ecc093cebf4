import { AppError } from '@touchstone/contracts';
import type { HeartbeatReport } from './heartbeat-report.js';
import { judgeHeartbeat } from './judge-heartbeat.js';
import type { NodeState } from './node.js';

/** The reporter of heartbeats that are posted. */
export const HTTP_REPORTER = 'http';

/** Milliseconds between two changes of the status of a node that posts; each is an event that everybody stores. */
export const STATUS_CHANGE_INTERVAL_MS = 1_000;

/**
 * Whether a heartbeat may change its node. What a service of the mesh says of its own node, with its own login, nobody overrules by
 * posting.
 *
 * @returns AppError `forbidden` or `rate-limited`, or `undefined` where it may
 */
export function refuseHeartbeat(known: NodeState | undefined, report: HeartbeatReport): AppError | undefined {
  if (report.reporter !== HTTP_REPORTER || known === undefined) return undefined;
  const { current } = known.reporter;
  if (current !== HTTP_REPORTER)
    return new AppError('forbidden', `The node ${known.nodeId} reports through ${current}, and only so.`);
  const changesStatus = judgeHeartbeat(known, report).status !== known.status;
  if (!changesStatus || report.receivedAtMs - known.lastChangeMs >= STATUS_CHANGE_INTERVAL_MS)
    return undefined;
  return new AppError('rate-limited', `The status of ${known.nodeId} changed less than a second ago.`, {
    retryAfterSeconds: STATUS_CHANGE_INTERVAL_MS / 1_000,
  });
}
