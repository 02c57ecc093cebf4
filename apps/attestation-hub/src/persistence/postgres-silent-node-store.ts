import { withDatabase, type Outbox } from '@touchstone/postgres';
import type { DataSource } from 'typeorm';
import { noticeSilence } from '../domain/notice-silence.js';
import type { Observation } from '../domain/observe-heartbeat.js';
import type { SilentNodeStore } from '../domain/ports.js';
import type { Zones } from '../domain/zones.js';
import { readGovernance } from './governance-statements.js';
import { lockSilentNodes, updateNodes } from './node-statements.js';
import { writeConsequences } from './observation-statements.js';

/** What the operator sets about silence. */
export interface SilentNodeSettings {
  readonly staleAfterMs: number;
  readonly auditLinesMax: number;
  readonly zones: Zones;
}

/** Writes into PostgreSQL which nodes are silent. */
export class PostgresSilentNodeStore implements SilentNodeStore {
  constructor(
    private readonly dataSource: DataSource,
    private readonly outbox: Outbox,
    private readonly settings: SilentNodeSettings,
  ) {}

  notice(nowMs: number, limit: number): Promise<Observation[]> {
    const { staleAfterMs, auditLinesMax, zones } = this.settings;
    return withDatabase(() =>
      this.dataSource.transaction(async (manager) => {
        const silent = await lockSilentNodes(manager, nowMs - staleAfterMs, limit);
        if (silent.length === 0) return [];
        const governance = await readGovernance(
          manager,
          silent.map(({ nodeId }) => nodeId),
        );
        const observations = silent.flatMap(
          (node) => noticeSilence(node, nowMs, staleAfterMs, governance(node.nodeId), zones) ?? [],
        );
        await updateNodes(
          manager,
          observations.map(({ node }) => node),
        );
        const announcements = { outbox: this.outbox, auditLinesMax };
        await writeConsequences(
          manager,
          announcements,
          observations.map((observation) => ({ observation })),
        );
        return observations;
      }),
    );
  }
}
