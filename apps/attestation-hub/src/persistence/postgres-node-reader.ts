import { judgedStatuses, type JudgedStatus } from '@touchstone/contracts';
import { withDatabase } from '@touchstone/postgres';
import type { DataSource } from 'typeorm';
import type { HistoryEntry, NodeState } from '../domain/node.js';
import type { NodeCounts, NodeQuery, NodeReader } from '../domain/ports.js';
import { toEntry, toNode, type HistoryRow, type NodeRow } from './node-row.js';

/** Reads nodes from PostgreSQL; every replica sees the same. */
export class PostgresNodeReader implements NodeReader {
  constructor(private readonly dataSource: DataSource) {}

  async find(nodeId: string): Promise<NodeState | undefined> {
    const [row]: NodeRow[] = await this.query('SELECT * FROM attestation.node WHERE node_id = $1', [nodeId]);
    return row && toNode(row);
  }

  async list({ limit, after = '', status }: NodeQuery): Promise<NodeState[]> {
    const rows: NodeRow[] = await this.query(
      `SELECT * FROM attestation.node
       WHERE node_id > $1 AND ($2::text IS NULL OR status = $2) ORDER BY node_id LIMIT $3`,
      [after, status ?? null, limit],
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

  async count(silentBeforeMs: number, auditSinceMs: number): Promise<NodeCounts> {
    const [rows, found] = await Promise.all([
      this.query<{ status: JudgedStatus; nodes: string; silent: string }>(
        `SELECT status, count(*) AS nodes, count(*) FILTER (WHERE last_heartbeat_at < $1) AS silent
         FROM attestation.node GROUP BY status`,
        [new Date(silentBeforeMs).toISOString()],
      ),
      this.countFindings(auditSinceMs),
    ]);
    const of = (status: JudgedStatus) => Number(rows.find((row) => row.status === status)?.nodes ?? 0);
    return {
      ...found,
      byStatus: Object.fromEntries(
        judgedStatuses.map((status) => [status, of(status)]),
      ) as NodeCounts['byStatus'],
      silent: rows.reduce((sum, { silent }) => sum + Number(silent), 0),
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
