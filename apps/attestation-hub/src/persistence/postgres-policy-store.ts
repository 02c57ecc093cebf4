import { withDatabase } from '@touchstone/postgres';
import type { DataSource } from 'typeorm';
import type { Decided, PolicyStore } from '../domain/decision-ports.js';
import { reconsider } from '../domain/settle-standing.js';
import { UNTOLD, type Standing } from '../domain/standing.js';
import type { Zones } from '../domain/zones.js';
import { readGovernance } from './governance-statements.js';
import { lockNodesAfter, updateNodes } from './node-statements.js';
import { writeConsequences, type Announcements } from './observation-statements.js';

/** Asks the policy anew about the nodes that PostgreSQL has. */
export class PostgresPolicyStore implements PolicyStore {
  constructor(
    private readonly dataSource: DataSource,
    private readonly announcements: Announcements,
    private readonly zones: Zones,
  ) {}

  reconsider(after: string, limit: number, nowMs: number): Promise<Decided<string | undefined>> {
    return withDatabase(() =>
      this.dataSource.transaction(async (manager) => {
        const nodes = await lockNodesAfter(manager, after, limit);
        const ids = nodes.map(({ nodeId }) => nodeId);
        const governance = await readGovernance(manager, ids);
        const observations = nodes
          .map((node) =>
            reconsider(node, governance(node.nodeId), this.zones, Math.max(nowMs, node.lastHeartbeat.atMs)),
          )
          .filter(
            ({ node: { standing } }, index) => !isSameStanding(nodes[index]?.standing ?? UNTOLD, standing),
          );
        if (observations.length > 0) {
          await updateNodes(
            manager,
            observations.map(({ node }) => node),
          );
          await writeConsequences(
            manager,
            this.announcements,
            observations.map((observation) => ({ observation })),
          );
        }
        const result = nodes.length < limit ? undefined : ids.at(-1);
        return { result, audit: observations.flatMap(({ audit }) => audit), observations };
      }),
    );
  }
}

function isSameStanding(before: Standing, after: Standing | null): boolean {
  return (
    before.zone === after?.zone &&
    before.mode === after.mode &&
    before.reason === after.reason &&
    before.quarantined === after.quarantined
  );
}
