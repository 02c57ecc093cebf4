import { withDatabase } from '@touchstone/postgres';
import type { DataSource } from 'typeorm';
import type { Clock, NodeRemover } from '../domain/ports.js';
import { isAnnounced, judgeStanding, UNHEARD, UNTOLD } from '../domain/standing.js';
import type { Zones } from '../domain/zones.js';
import { readGovernance } from './governance-statements.js';
import { lockNodes } from './node-statements.js';
import { announceUnheard, type Announcements } from './observation-statements.js';

/**
 * Deletes nodes from PostgreSQL, with their history, their keys and what was right for them. A quarantine stays until it is lifted: whoever comes under
 * the name next is as little trusted.
 */
export class PostgresNodeRemover implements NodeRemover {
  constructor(
    private readonly dataSource: DataSource,
    private readonly announcements: Pick<Announcements, 'outbox'>,
    private readonly zones: Zones,
    private readonly clock: Clock,
  ) {}

  async remove(nodeId: string): Promise<boolean> {
    return withDatabase(() =>
      this.dataSource.transaction(async (manager) => {
        const known = (await lockNodes(manager, [nodeId])).get(nodeId);
        if (known === undefined) return false;
        const { quarantine } = (await readGovernance(manager, [nodeId]))(nodeId);
        await manager.query('DELETE FROM attestation.node WHERE node_id = $1', [nodeId]);
        await manager.query('DELETE FROM attestation.baseline WHERE node_id = $1', [nodeId]);
        await manager.query('DELETE FROM attestation.node_key WHERE node_id = $1', [nodeId]);
        const facts = { ...UNHEARD, quarantined: quarantine !== null };
        const standing = judgeStanding(this.zones.of(nodeId), facts);
        if (isAnnounced(known.standing ?? UNTOLD, standing))
          await announceUnheard(manager, this.announcements.outbox, nodeId, standing, this.clock.nowMs());
        return true;
      }),
    );
  }
}
