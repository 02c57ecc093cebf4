import type { Governance } from './governance.js';
import { toldStatus, type NodeState } from './node.js';
import type { Observation } from './observe-heartbeat.js';
import {
  isAnnounced,
  isSameStanding,
  judgeStanding,
  standingEvent,
  standingRecord,
  UNTOLD,
  wouldBlock,
  type Standing,
} from './standing.js';
import type { Zones } from './zones.js';

/** What the policy makes of a node as it is kept. */
export function standingOf(
  node: Pick<NodeState, 'nodeId' | 'status' | 'signedKeyId'>,
  silent: boolean,
  { quarantine }: Pick<Governance, 'quarantine'>,
  zones: Zones,
): Standing {
  const { status, signedKeyId } = node;
  const facts = { quarantined: quarantine !== null, status, silent, signed: signedKeyId !== null };
  return judgeStanding(zones.of(node.nodeId), facts);
}

/** Adds to what was observed of a node what the policy of its zone makes of that. */
export function settleStanding(
  known: NodeState | undefined,
  observation: Observation,
  governance: Pick<Governance, 'quarantine'>,
  zones: Zones,
): Observation {
  const { node, atMs } = observation;
  const before = known?.standing ?? UNTOLD;
  const standing = standingOf(node, node.staleSinceMs !== null, governance, zones);
  // What nearly every heartbeat comes to: nothing follows, and a node is not copied for it.
  if (known?.standing && isSameStanding(known.standing, standing)) return observation;
  const event = standingEvent(before, standing);
  const { previousStatus } = observation;
  return {
    ...observation,
    node: { ...node, standing },
    previousStatus:
      previousStatus === undefined && isAnnounced(before, standing) ? toldStatus(node) : previousStatus,
    audit:
      event === undefined
        ? observation.audit
        : [...observation.audit, standingRecord(event, node.nodeId, standing, atMs)],
    decision: wouldBlock(before, standing) ? standing : null,
  };
}

/** What the policy makes of a node of which nothing came: another policy, or another decision of its operator. */
export function reconsider(
  known: NodeState,
  governance: Pick<Governance, 'quarantine'>,
  zones: Zones,
  atMs: number,
): Observation {
  const idle: Observation = {
    ...{ node: known, entry: null, previousStatus: undefined, audit: [], reporterChanged: false },
    ...{ atMs, decision: null },
  };
  return settleStanding(known, idle, governance, zones);
}
