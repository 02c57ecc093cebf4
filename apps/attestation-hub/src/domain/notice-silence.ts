import { auditPrefix, visibleBuild, type AuditRecord } from './audit.js';
import { UNGOVERNED, type Governance } from './governance.js';
import { toldStatus, type NodeState } from './node.js';
import type { Observation } from './observe-heartbeat.js';
import { settleStanding } from './settle-standing.js';
import { Zones } from './zones.js';

/**
 * What becomes of a node at which somebody looks because it is silent: STALE since the moment at which its silence grew too long,
 * which is the same whoever looks and when. Pure, as {@link observeHeartbeat}.
 *
 * @returns undefined where the node is not silent for longer than `staleAfterMs`, or known to be
 */
export function noticeSilence(
  known: NodeState,
  nowMs: number,
  staleAfterMs: number,
  governance: Pick<Governance, 'quarantine'> = UNGOVERNED,
  zones: Zones = new Zones(),
): Observation | undefined {
  const staleSinceMs = known.lastHeartbeat.atMs + staleAfterMs;
  if (known.staleSinceMs !== null || nowMs <= staleSinceMs) return undefined;
  const number = known.historyLength;
  const node = { ...known, staleSinceMs, lastChangeMs: staleSinceMs, historyLength: number + 1 };
  const { health, reporter } = known;
  const observation: Observation = {
    node,
    entry: {
      ...{ number, atMs: staleSinceMs, status: 'STALE', health },
      ...{ attestation: null, reporter: reporter.current },
    },
    previousStatus: toldStatus(known),
    audit: [silenceRecord(node, staleSinceMs)],
    ...{ reporterChanged: false, atMs: staleSinceMs, decision: null },
  };
  return settleStanding(known, observation, governance, zones);
}

function silenceRecord({ nodeId, lastSeen, reporter }: NodeState, atMs: number): AuditRecord {
  return {
    event: 'ATTESTATION_STALE',
    node_id: nodeId,
    reason: null,
    old_cap_prefix: null,
    new_cap_prefix: lastSeen && auditPrefix(lastSeen),
    old_build: null,
    new_build: lastSeen && visibleBuild(lastSeen),
    reporter: reporter.current,
    ...{ remote_addr: null, zone: null, detail: null },
    ts_utc: new Date(atMs).toISOString(),
  };
}
