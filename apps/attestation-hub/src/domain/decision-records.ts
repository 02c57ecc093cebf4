import type { AuditEvent } from '@touchstone/contracts';
import { auditPrefix, visibleBuild, type AuditRecord } from './audit.js';
import type { Build } from './builds.js';
import type { OperatorAct } from './decision-ports.js';
import type { Rollout } from './governance.js';

/** What the audit says of a decision of the operator about a node. */
export function decisionRecord(
  event: AuditEvent,
  nodeId: string | null,
  { atMs, remoteAddress }: OperatorAct,
  { build = null, detail = null }: { readonly build?: Build | null; readonly detail?: string | null } = {},
): AuditRecord {
  return {
    ...{ event, node_id: nodeId, reason: null, zone: null, detail },
    ...{ old_cap_prefix: null, new_cap_prefix: build && auditPrefix(build) },
    ...{ old_build: null, new_build: build && visibleBuild(build) },
    ...{ reporter: 'operator', remote_addr: remoteAddress },
    ts_utc: new Date(atMs).toISOString(),
  };
}

/** What it says of a rollout: its name and whom it is about. */
export function rolloutRecord(
  event: AuditEvent,
  { name, selection: { prefix, nodes }, build }: Pick<Rollout, 'name' | 'selection' | 'build'>,
  act: OperatorAct,
): AuditRecord {
  const about = prefix === undefined ? (nodes ?? []).join(' ') : `${prefix}*`;
  return decisionRecord(event, null, act, { build, detail: `${name}: ${about}` });
}
