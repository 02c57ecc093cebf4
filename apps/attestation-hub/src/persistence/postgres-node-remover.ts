import { withDatabase } from '@touchstone/postgres';
import type { DataSource } from 'typeorm';
import type { NodeRemover } from '../domain/ports.js';

/** Deletes nodes with their history from PostgreSQL, one after the heartbeats that are just written. */
export class PostgresNodeRemover implements NodeRemover {
  constructor(private readonly dataSource: DataSource) {}

  async remove(nodeId: string): Promise<boolean> {
    const [, count] = await withDatabase(() =>
      this.dataSource.query<[unknown[], number]>('DELETE FROM attestation.node WHERE node_id = $1', [nodeId]),
    );
    return count > 0;
  }
}
