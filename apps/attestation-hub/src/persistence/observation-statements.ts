import type { Outbox } from '@touchstone/postgres';
import type { EntityManager } from 'typeorm';
import { toldStatus, type HistoryEntry } from '../domain/node.js';
import type { Observation } from '../domain/observe-heartbeat.js';
import { isBlocked, UNHEARD, UNTOLD, type Standing } from '../domain/standing.js';
import { appendAudit } from './audit-statements.js';
import { writeHistory } from './node-statements.js';

/** Where what follows from observations is told. */
export interface Announcements {
  readonly outbox: Outbox;
  /** Lines of the audit that are kept. */
  readonly auditLinesMax: number;
}

/** An observation and the trace that it belongs to. */
export interface Traced {
  readonly observation: Observation;
  readonly traceHeaders?: Readonly<Record<string, string>>;
}

/**
 * Writes what follows from observations, whose nodes are written already: entries of histories, events and lines of the audit, in
 * that order, because the audit takes its lock last.
 */
export async function writeConsequences(
  manager: EntityManager,
  { outbox, auditLinesMax }: Announcements,
  all: readonly Traced[],
): Promise<void> {
  await writeHistory(manager, entriesOf(all));
  for (const { observation, traceHeaders = {} } of all) {
    const { node, previousStatus, atMs } = observation;
    if (previousStatus === undefined) continue;
    const standing = node.standing ?? UNTOLD;
    await outbox.append(
      manager,
      'evt.v1.attestation.node.changed',
      {
        ...{ nodeId: node.nodeId, status: toldStatus(node), previous: previousStatus },
        changedAt: new Date(atMs).toISOString(),
        ...{ zone: standing.zone, quarantined: standing.quarantined, blocked: isBlocked(standing) },
      },
      { traceHeaders },
    );
  }
  const records = all.flatMap(({ observation }) => observation.audit);
  await appendAudit(manager, records, auditLinesMax);
}

/** Tells of a node that was never heard that it is quarantined or blocked, or is no more. */
export async function announceUnheard(
  manager: EntityManager,
  outbox: Outbox,
  nodeId: string,
  standing: Standing,
  atMs: number,
): Promise<void> {
  await outbox.append(manager, 'evt.v1.attestation.node.changed', {
    ...{ nodeId, status: UNHEARD.status, previous: null, changedAt: new Date(atMs).toISOString() },
    ...{ zone: standing.zone, quarantined: standing.quarantined, blocked: isBlocked(standing) },
  });
}

function entriesOf(all: readonly Traced[]): Map<string, HistoryEntry[]> {
  const entries = new Map<string, HistoryEntry[]>();
  for (const { observation } of all) {
    if (observation.entry === null) continue;
    const list = entries.get(observation.node.nodeId) ?? [];
    list.push(observation.entry);
    entries.set(observation.node.nodeId, list);
  }
  return entries;
}
