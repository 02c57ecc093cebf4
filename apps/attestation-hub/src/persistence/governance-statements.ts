import {
  FIRST_BUILD,
  isSelected,
  type Baseline,
  type Governance,
  type Quarantine,
  type Rollout,
} from '../domain/governance.js';
import type { NodeKey } from '../domain/node-keys.js';
import type { Build } from '../domain/builds.js';

/** What takes a statement: a transaction, or the pool. */
export interface Queryable {
  query(statement: string, parameters: unknown[]): Promise<unknown>;
}

type GovernanceRow =
  | { readonly kind: 'quarantine'; readonly node_id: string; readonly value: Quarantine }
  | { readonly kind: 'baseline'; readonly node_id: string; readonly value: Baseline }
  | { readonly kind: 'key'; readonly node_id: string; readonly value: NodeKey }
  | { readonly kind: 'rollout'; readonly node_id: null; readonly value: Rollout };

const MS = (column: string): string => `(extract(epoch FROM ${column}) * 1000)::bigint`;

/** A build as a member of a JSON value. */
const BUILD = `jsonb_build_object('buildId', build_id, 'capabilityHash', encode(capability_hash, 'hex'))`;

/** A rollout as the domain has it. */
const ROLLOUT = `jsonb_build_object('name', name, 'selection',
    CASE WHEN prefix IS NULL THEN jsonb_build_object('nodes', nodes) ELSE jsonb_build_object('prefix', prefix) END,
    'build', ${BUILD}, 'startedAtMs', ${MS('started_at')}, 'endsAtMs', ${MS('ends_at')})`;

/**
 * What the operator decided about nodes, with one statement. Whoever asks within a transaction asks after the lock of the nodes: a decision
 * that was committed before is then seen.
 */
export async function readGovernance(
  manager: Queryable,
  nodeIds: readonly string[],
): Promise<(nodeId: string) => Governance> {
  const rows = (await manager.query(
    `SELECT 'quarantine' AS kind, node_id, jsonb_build_object('reason', reason, 'sinceMs', ${MS('since')}) AS value
     FROM attestation.quarantine WHERE node_id = ANY($1)
     UNION ALL
     SELECT 'baseline', node_id, jsonb_build_object('builds', builds, 'firstSeenCounts', first_seen_counts,
       'countsFromMs', ${MS('counts_from')})
     FROM attestation.baseline WHERE node_id = ANY($1)
     UNION ALL
     SELECT 'key', node_id, jsonb_build_object('keyId', key_id, 'state', state,
       'nonce', jsonb_build_object('text', nonce, 'atMs', ${MS('nonce_at')}))
     FROM attestation.node_key WHERE node_id = ANY($1)
     UNION ALL
     (SELECT 'rollout', NULL, ${ROLLOUT} FROM attestation.rollout WHERE state = 'open' ORDER BY started_at, name)`,
    [nodeIds],
  )) as GovernanceRow[];
  const quarantines = new Map<string, Quarantine>();
  const baselines = new Map<string, Baseline>();
  const keys = new Map<string, NodeKey[]>();
  const rollouts: Rollout[] = [];
  for (const row of rows)
    if (row.kind === 'quarantine') quarantines.set(row.node_id, row.value);
    else if (row.kind === 'baseline') baselines.set(row.node_id, row.value);
    else if (row.kind === 'key') keys.set(row.node_id, [...(keys.get(row.node_id) ?? []), row.value]);
    else rollouts.push(row.value);
  return (nodeId) => ({
    quarantine: quarantines.get(nodeId) ?? null,
    baseline: baselines.get(nodeId) ?? FIRST_BUILD,
    rollouts: rollouts.filter(({ selection }) => isSelected(selection, nodeId)),
    keys: keys.get(nodeId) ?? [],
  });
}

/** Writes what is right for one node from now on. */
export async function writeBaseline(manager: Queryable, nodeId: string, baseline: Baseline): Promise<void> {
  await manager.query(
    `INSERT INTO attestation.baseline (node_id, builds, first_seen_counts, counts_from) VALUES ($1, $2, $3, $4)
     ON CONFLICT (node_id) DO UPDATE SET
       builds = excluded.builds, first_seen_counts = excluded.first_seen_counts, counts_from = excluded.counts_from`,
    [nodeId, JSON.stringify(baseline.builds), baseline.firstSeenCounts, timeText(baseline.countsFromMs)],
  );
}

/** Makes one build the only one that is right for every node of a rollout. */
export async function completeNodes(
  manager: Queryable,
  { selection: { prefix, nodes }, build }: Pick<Rollout, 'selection' | 'build'>,
  atMs: number,
): Promise<void> {
  const builds: readonly Build[] = [build];
  await manager.query(
    `INSERT INTO attestation.baseline (node_id, builds, first_seen_counts, counts_from)
     SELECT node_id, $3::jsonb, false, $4::timestamptz FROM (
       SELECT node_id FROM attestation.node WHERE $1::text IS NOT NULL AND starts_with(node_id, $1)
       UNION SELECT unnest($2::text[])) AS selected (node_id)
     ON CONFLICT (node_id) DO UPDATE SET
       builds = excluded.builds, first_seen_counts = false, counts_from = excluded.counts_from`,
    [prefix ?? null, nodes ?? null, JSON.stringify(builds), timeText(atMs)],
  );
}

/** Settles what nodes of a cancelled rollout said until now, and leaves what is right for them. */
export async function settleNodes(
  manager: Queryable,
  { selection: { prefix, nodes } }: Pick<Rollout, 'selection'>,
  atMs: number,
): Promise<void> {
  await manager.query(
    `INSERT INTO attestation.baseline (node_id, builds, first_seen_counts, counts_from)
     SELECT node_id, '[]', true, $3::timestamptz FROM (
       SELECT node_id FROM attestation.node WHERE $1::text IS NOT NULL AND starts_with(node_id, $1)
       UNION SELECT unnest($2::text[])) AS selected (node_id)
     ON CONFLICT (node_id) DO UPDATE SET counts_from = excluded.counts_from`,
    [prefix ?? null, nodes ?? null, timeText(atMs)],
  );
}

function timeText(timeMs: number): string {
  return new Date(timeMs).toISOString();
}
