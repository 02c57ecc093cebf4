import { nodeStatuses, type NodeStatus } from '@touchstone/contracts';
import { withDatabase } from '@touchstone/postgres';
import type { DataSource } from 'typeorm';
import type { Governance } from '../domain/governance.js';
import { readGovernance } from './governance-statements.js';
import type { HistoryEntry, NodeState } from '../domain/node.js';
import type { NodeCounts, NodeQuery, NodeReader } from '../domain/ports.js';
import { toEntry, toNode, type HistoryRow, type NodeRow } from './node-row.js';

/** The status that is shown of a node, where whoever was silent since `moment` is STALE. */
function shownStatus(moment: string): string {
  return `CASE WHEN stale_since IS NOT NULL OR last_heartbeat_at < ${moment}::timestamptz THEN 'STALE' ELSE status END`;
}

/** Reads nodes from PostgreSQL; every replica sees the same. */
export class PostgresNodeReader implements NodeReader {
  constructor(private readonly dataSource: DataSource) {}

  async find(nodeId: string): Promise<NodeState | undefined> {
    const [row]: NodeRow[] = await this.query('SELECT * FROM attestation.node WHERE node_id = $1', [nodeId]);
    return row && toNode(row);
  }

  async list({ limit, after = '', status, silentBeforeMs }: NodeQuery): Promise<NodeState[]> {
    const rows: NodeRow[] = await this.query(
      `SELECT * FROM attestation.node
       WHERE node_id > $1 AND ($2::text IS NULL OR ${shownStatus('$4')} = $2) ORDER BY node_id LIMIT $3`,
      [after, status ?? null, limit, new Date(silentBeforeMs).toISOString()],
    );
    return rows.map(toNode);
  }

  async history(nodeId: string): Promise<HistoryEntry[]> {
    const rows: HistoryRow[] = await this.query(
      'SELECT * FROM attestation.node_history WHERE node_id = $1 ORDER BY number DESC',
      [nodeId],
    );
    return rows.map(toEntry);
  }

  governance(nodeIds: readonly string[]): Promise<(nodeId: string) => Governance> {
    return withDatabase(() => readGovernance(this.dataSource, nodeIds));
  }

  async count(silentBeforeMs: number, auditSinceMs: number): Promise<NodeCounts> {
    const [rows, found] = await Promise.all([
      this.query<{ status: NodeStatus; nodes: string }>(
        `SELECT ${shownStatus('$1')} AS status, count(*) AS nodes FROM attestation.node GROUP BY 1`,
        [new Date(silentBeforeMs).toISOString()],
      ),
      this.countFindings(auditSinceMs),
    ]);
    const of = (status: NodeStatus) => Number(rows.find((row) => row.status === status)?.nodes ?? 0);
    return {
      ...found,
      byStatus: Object.fromEntries(
        nodeStatuses.map((status) => [status, of(status)]),
      ) as NodeCounts['byStatus'],
    };
  }

  private async countFindings(sinceMs: number): Promise<Pick<NodeCounts, 'drifts' | 'spoofs'>> {
    const [row]: { drifts: string; spoofs: string }[] = await this.query(
      `SELECT count(*) FILTER (WHERE event = 'ATTESTATION_DRIFT') AS drifts,
         count(*) FILTER (WHERE event = 'ATTESTATION_SPOOF_SUSPECT') AS spoofs
       FROM attestation.audit WHERE at > $1`,
      [new Date(sinceMs).toISOString()],
    );
    return { drifts: Number(row?.drifts ?? 0), spoofs: Number(row?.spoofs ?? 0) };
  }

  private query<R>(statement: string, parameters: unknown[]): Promise<R[]> {
    return withDatabase(() => this.dataSource.query<R[]>(statement, parameters));
  }
}
