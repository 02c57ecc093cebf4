import type { EntityManager } from 'typeorm';
import { HISTORY_ENTRIES_MAX, type HistoryEntry, type NodeState } from '../domain/node.js';
import { fromEntry, fromNode, NODE_COLUMNS, toNode, type NodeRow } from './node-row.js';

/** Locks the nodes in the order of their ids, so that two groups that share nodes never wait for each other in a ring. */
export async function lockNodes(
  manager: EntityManager,
  nodeIds: readonly string[],
): Promise<Map<string, NodeState>> {
  const rows: NodeRow[] = await manager.query(
    'SELECT * FROM attestation.node WHERE node_id = ANY($1) ORDER BY node_id FOR UPDATE',
    [nodeIds],
  );
  return new Map(rows.map((row) => [row.node_id, toNode(row)]));
}

/**
 * Locks nodes whose last heartbeat came before a moment and of which nobody noticed yet, in the order of their ids; those that another
 * transaction holds are left to the next look.
 */
export async function lockSilentNodes(
  manager: EntityManager,
  beforeMs: number,
  limit: number,
): Promise<NodeState[]> {
  const rows: NodeRow[] = await manager.query(
    `SELECT * FROM attestation.node WHERE stale_since IS NULL AND last_heartbeat_at < $1
     ORDER BY node_id LIMIT $2 FOR UPDATE SKIP LOCKED`,
    [new Date(beforeMs).toISOString(), limit],
  );
  return rows.map(toNode);
}

/** Locks a page of nodes in the order of their ids. */
export async function lockNodesAfter(
  manager: EntityManager,
  after: string,
  limit: number,
): Promise<NodeState[]> {
  const rows: NodeRow[] = await manager.query(
    'SELECT * FROM attestation.node WHERE node_id > $1 ORDER BY node_id LIMIT $2 FOR UPDATE',
    [after, limit],
  );
  return rows.map(toNode);
}

/** Inserts new nodes and returns how many were; the others exist since this transaction looked. */
export async function insertNodes(manager: EntityManager, nodes: readonly NodeState[]): Promise<number> {
  const rows: unknown[] = await manager.query(
    `INSERT INTO attestation.node
     SELECT node_id, status, health,
       first_seen_at, first_build_id, decode(first_capability_hash, 'hex'), first_runtime,
       last_seen_at, last_build_id, decode(last_capability_hash, 'hex'), last_runtime,
       drift_count, spoof_count, last_change_at, last_heartbeat_at, last_ts_utc, clock_skew_ms,
       reporter, previous_reporter, reporter_changed_at, history_length,
       heartbeats_refilled_at, status_changes_refilled_at, reported_health, recent_runs, stale_since, standing,
       signed_key_id, nonce, conduct, skew_told_at
     FROM jsonb_to_recordset($1::jsonb) AS new (${NODE_COLUMNS})
     ORDER BY node_id COLLATE "C"
     ON CONFLICT (node_id) DO NOTHING
     RETURNING node_id`,
    [JSON.stringify(nodes.map(fromNode))],
  );
  return rows.length;
}

/** Writes nodes that this transaction has locked. */
export async function updateNodes(manager: EntityManager, nodes: readonly NodeState[]): Promise<void> {
  await manager.query(
    `UPDATE attestation.node AS node SET
       status = next.status, health = next.health,
       first_seen_at = next.first_seen_at, first_build_id = next.first_build_id,
       first_capability_hash = decode(next.first_capability_hash, 'hex'), first_runtime = next.first_runtime,
       last_seen_at = next.last_seen_at, last_build_id = next.last_build_id,
       last_capability_hash = decode(next.last_capability_hash, 'hex'), last_runtime = next.last_runtime,
       drift_count = next.drift_count, spoof_count = next.spoof_count, last_change_at = next.last_change_at,
       last_heartbeat_at = next.last_heartbeat_at, last_ts_utc = next.last_ts_utc,
       clock_skew_ms = next.clock_skew_ms, reporter = next.reporter,
       previous_reporter = next.previous_reporter, reporter_changed_at = next.reporter_changed_at,
       history_length = next.history_length, heartbeats_refilled_at = next.heartbeats_refilled_at,
       status_changes_refilled_at = next.status_changes_refilled_at, reported_health = next.reported_health,
       recent_runs = next.recent_runs, stale_since = next.stale_since, standing = next.standing,
       signed_key_id = next.signed_key_id, nonce = next.nonce,
       conduct = next.conduct, skew_told_at = next.skew_told_at
     FROM jsonb_to_recordset($1::jsonb) AS next (${NODE_COLUMNS})
     WHERE node.node_id = next.node_id`,
    [JSON.stringify(nodes.map(fromNode))],
  );
}

/** Puts entries into the rings of their nodes. */
export async function writeHistory(
  manager: EntityManager,
  entries: ReadonlyMap<string, readonly HistoryEntry[]>,
): Promise<void> {
  const rows = [...entries].flatMap(([nodeId, list]) =>
    // More than a ring holds would write a slot twice in one statement, which PostgreSQL refuses.
    list
      .slice(-HISTORY_ENTRIES_MAX)
      .map((entry) => fromEntry(nodeId, entry, entry.number % HISTORY_ENTRIES_MAX)),
  );
  if (rows.length === 0) return;
  await manager.query(
    `INSERT INTO attestation.node_history AS kept
       (node_id, slot, number, at, status, health, build_id, capability_hash, runtime, reporter)
     SELECT node_id, slot, number, at, status, health, build_id, decode(capability_hash, 'hex'), runtime, reporter
     FROM jsonb_to_recordset($1::jsonb) AS entry (node_id text, slot integer, number bigint, at timestamptz,
       status text, health text, build_id text, capability_hash text, runtime jsonb, reporter text)
     ON CONFLICT (node_id, slot) DO UPDATE SET
       number = excluded.number, at = excluded.at, status = excluded.status, health = excluded.health,
       build_id = excluded.build_id, capability_hash = excluded.capability_hash, runtime = excluded.runtime,
       reporter = excluded.reporter`,
    [JSON.stringify(rows)],
  );
}

/** The number of nodes, for the limit on new ones. */
export async function countNodes(manager: EntityManager): Promise<number> {
  const [row]: { count: string }[] = await manager.query('SELECT count(*) AS count FROM attestation.node');
  return Number(row?.count ?? 0);
}
