import { AppError, STANDING_NODES_MAX, type JudgedStatus } from '@touchstone/contracts';
import { withDatabase } from '@touchstone/postgres';
import type { DataSource, EntityManager } from 'typeorm';
import type { BlockedNode, StandingReader } from '../domain/decision-ports.js';
import { isBlocked, judgeStanding, UNHEARD, type StandingFacts } from '../domain/standing.js';
import type { Zone, Zones } from '../domain/zones.js';

/** Nodes that are read at a time; a fact of a zone's policy may hold for more of them than are blocked. */
const NODES_PER_READ = 5_000;

type FactsRow = { readonly node_id: string } & Omit<StandingFacts, 'status'> & {
    readonly status: JudgedStatus;
  };

/** Reads from PostgreSQL which nodes are blocked, at one moment of it. */
export class PostgresStandingReader implements StandingReader {
  constructor(
    private readonly dataSource: DataSource,
    private readonly zones: Zones,
    private readonly staleAfterMs: number,
  ) {}

  async blocked(nowMs: number): Promise<BlockedNode[]> {
    const enforced = this.zones.enforced();
    if (enforced.length === 0) return [];
    return withDatabase(() =>
      this.dataSource.transaction('REPEATABLE READ', async (manager) => {
        const blocked: BlockedNode[] = [];
        for await (const rows of this.facts(manager, enforced, nowMs)) {
          for (const { node_id: nodeId, ...facts } of rows) {
            const standing = judgeStanding(this.zones.of(nodeId), facts);
            if (isBlocked(standing) && standing.reason !== null)
              blocked.push({ nodeId, reason: standing.reason });
          }
          if (blocked.length > STANDING_NODES_MAX)
            throw new AppError('conflict', `More than ${STANDING_NODES_MAX} nodes are blocked.`);
        }
        return blocked;
      }),
    );
  }

  /** Nodes of zones that block of which there is something to say: heard ones, then those that never were. */
  private async *facts(
    manager: EntityManager,
    enforced: readonly Zone[],
    nowMs: number,
  ): AsyncGenerator<readonly FactsRow[]> {
    const names = enforced.flatMap(({ nodes }) => nodes ?? []);
    const prefixes = enforced.flatMap(({ prefix }) => (prefix === undefined ? [] : [prefix]));
    const silentBefore = new Date(nowMs - this.staleAfterMs).toISOString();
    let after = '';
    for (;;) {
      const rows: FactsRow[] = await manager.query(
        `SELECT * FROM (
           SELECT node.node_id, status, stale_since IS NOT NULL OR last_heartbeat_at < $4 AS silent,
             signed_key_id IS NOT NULL AS signed, quarantine.node_id IS NOT NULL AS quarantined
           FROM attestation.node LEFT JOIN attestation.quarantine USING (node_id)) AS heard
         WHERE node_id > $1
           AND (node_id = ANY($2) OR EXISTS (SELECT FROM unnest($3::text[]) AS prefix WHERE starts_with(node_id, prefix)))
           AND (status <> 'OK' OR silent OR quarantined OR NOT signed)
         ORDER BY node_id LIMIT $5`,
        [after, names, prefixes, silentBefore, NODES_PER_READ],
      );
      yield rows;
      after = rows.at(-1)?.node_id ?? '';
      if (rows.length < NODES_PER_READ) break;
    }
    const unheard: { node_id: string; quarantined: boolean }[] = await manager.query(
      `SELECT node_id, quarantine.since IS NOT NULL AS quarantined
       FROM (SELECT node_id FROM attestation.quarantine UNION SELECT unnest($1::text[])) AS named (node_id)
       LEFT JOIN attestation.quarantine USING (node_id)
       WHERE NOT EXISTS (SELECT FROM attestation.node WHERE node.node_id = named.node_id) ORDER BY node_id`,
      [names],
    );
    yield unheard.map((each) => ({ ...UNHEARD, ...each }));
  }
}
