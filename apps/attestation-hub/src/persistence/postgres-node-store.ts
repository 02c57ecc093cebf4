import { AppError } from '@touchstone/contracts';
import { injectTrace } from '@touchstone/platform/observability';
import { withDatabase, type Outbox } from '@touchstone/postgres';
import { Batcher } from '@touchstone/work';
import type { DataSource, EntityManager } from 'typeorm';
import { refuseHeartbeat } from '../domain/admit-heartbeat.js';
import type { FlipRules } from '../domain/flip-rules.js';
import type { HeartbeatReport } from '../domain/heartbeat-report.js';
import { judgeHeartbeat } from '../domain/judge-heartbeat.js';
import type { NodeState } from '../domain/node.js';
import { observeHeartbeat, type Observation } from '../domain/observe-heartbeat.js';
import type { NodeStore } from '../domain/ports.js';
import type { Zones } from '../domain/zones.js';
import { readGovernance } from './governance-statements.js';
import { countNodes, insertNodes, lockNodes, updateNodes } from './node-statements.js';
import { writeConsequences } from './observation-statements.js';

/** Times that a group starts again because another replica inserted one of its new nodes first. */
export const LOST_RACES_MAX = 5;

/** What the operator sets about the nodes that are kept. */
export interface NodeStoreSettings {
  readonly nodesMax: number;
  readonly auditLinesMax: number;
  readonly rules: FlipRules;
  readonly zones: Zones;
}

interface Arrival {
  readonly report: HeartbeatReport;
  readonly traceHeaders: Readonly<Record<string, string>>;
}

/** Another replica inserted a node between the look and the insert; the group sees it when it looks again. */
class LostRace extends Error {}

/**
 * Keeps nodes in PostgreSQL. Heartbeats that come together are written with one commit: lock the known nodes, take the
 * heartbeats one after the other in memory, write every node once.
 */
export class PostgresNodeStore implements NodeStore {
  private readonly arrivals: Batcher<Arrival, Observation | AppError>;

  constructor(
    private readonly dataSource: DataSource,
    private readonly outbox: Outbox,
    private readonly settings: NodeStoreSettings,
  ) {
    // One writer: with two, a later heartbeat of a node could be committed before an earlier one.
    this.arrivals = new Batcher({
      write: (arrivals) => withDatabase(() => this.write(arrivals)),
      writersMax: 1,
    });
  }

  async take(report: HeartbeatReport): Promise<Observation> {
    const result = await this.arrivals.add({ report, traceHeaders: injectTrace() });
    if (result instanceof AppError) throw result;
    return result;
  }

  /** Writes what waits and takes nothing new. */
  close(): Promise<void> {
    return this.arrivals.close();
  }

  private async write(arrivals: readonly Arrival[]): Promise<(Observation | AppError)[]> {
    for (let lost = 1; ; lost += 1) {
      try {
        return await this.dataSource.transaction((manager) => this.writeOnce(manager, arrivals));
      } catch (error) {
        if (!(error instanceof LostRace)) throw error;
        if (lost > LOST_RACES_MAX)
          throw new AppError('dependency-unavailable', 'New nodes could not be stored; try again.');
      }
    }
  }

  private async writeOnce(
    manager: EntityManager,
    arrivals: readonly Arrival[],
  ): Promise<(Observation | AppError)[]> {
    const nodeIds = [...new Set(arrivals.map(({ report }) => report.nodeId))];
    const known = await lockNodes(manager, nodeIds);
    const governance = await readGovernance(manager, nodeIds);
    const fresh = nodeIds.filter((nodeId) => !known.has(nodeId));
    const admitted = new Set(await this.admit(manager, fresh));
    const nodes = new Map<string, NodeState>(known);
    const { rules, zones, auditLinesMax } = this.settings;
    const results = arrivals.map(({ report }) => {
      if (!known.has(report.nodeId) && !admitted.has(report.nodeId)) return this.full();
      const decided = governance(report.nodeId);
      const node = nodes.get(report.nodeId);
      const verdict = judgeHeartbeat(node, report, rules, decided);
      const refused = refuseHeartbeat(node, report, rules, decided, verdict);
      if (refused) return refused;
      const observation = observeHeartbeat(node, report, rules, decided, zones, verdict);
      nodes.set(report.nodeId, observation.node);
      return observation;
    });
    const inserted = [...nodes.values()].filter(({ nodeId }) => admitted.has(nodeId));
    const updated = [...nodes.values()].filter(
      (node) => known.has(node.nodeId) && known.get(node.nodeId) !== node,
    );
    if (inserted.length > 0 && (await insertNodes(manager, inserted)) < inserted.length) throw new LostRace();
    if (updated.length > 0) await updateNodes(manager, updated);
    const traced = results.flatMap((result, index) =>
      result instanceof AppError
        ? []
        : [{ observation: result, traceHeaders: arrivals[index]?.traceHeaders ?? {} }],
    );
    await writeConsequences(manager, { outbox: this.outbox, auditLinesMax }, traced);
    return results;
  }

  /** The new nodes that still have a place; replicas that count at the same time may exceed the limit by a group. */
  private async admit(manager: EntityManager, fresh: readonly string[]): Promise<readonly string[]> {
    if (fresh.length === 0) return fresh;
    return fresh.slice(0, Math.max(0, this.settings.nodesMax - (await countNodes(manager))));
  }

  private full(): AppError {
    return new AppError(
      'forbidden',
      `This hub keeps ${this.settings.nodesMax} nodes and takes no new one; the operator may raise TOUCHSTONE_NODES_MAX.`,
    );
  }
}
