import { withDatabase, type Outbox } from '@touchstone/postgres';
import type { DataSource } from 'typeorm';
import { noticeSilence } from '../domain/notice-silence.js';
import type { Observation } from '../domain/observe-heartbeat.js';
import type { SilentNodeStore } from '../domain/ports.js';
import { lockSilentNodes, updateNodes } from './node-statements.js';
import { writeConsequences } from './observation-statements.js';

/** What the operator sets about silence. */
export interface SilentNodeSettings {
  readonly staleAfterMs: number;
  readonly auditLinesMax: number;
}

/** Writes into PostgreSQL which nodes are silent. */
export class PostgresSilentNodeStore implements SilentNodeStore {
  constructor(
    private readonly dataSource: DataSource,
    private readonly outbox: Outbox,
    private readonly settings: SilentNodeSettings,
  ) {}

  notice(nowMs: number, limit: number): Promise<Observation[]> {
    const { staleAfterMs, auditLinesMax } = this.settings;
    return withDatabase(() =>
      this.dataSource.transaction(async (manager) => {
        const silent = await lockSilentNodes(manager, nowMs - staleAfterMs, limit);
        const observations = silent.flatMap((node) => noticeSilence(node, nowMs, staleAfterMs) ?? []);
        if (observations.length === 0) return [];
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
