import { AppError } from '@touchstone/contracts';
import { BASELINES_PER_NODE_MAX } from '@touchstone/contracts/http/attestation-hub';
import { withDatabase } from '@touchstone/postgres';
import type { DataSource, EntityManager } from 'typeorm';
import { isSameBuild, type Build } from '../domain/builds.js';
import type { Decided, DecisionStore, NodeQuarantine, OperatorAct } from '../domain/decision-ports.js';
import { decisionRecord } from '../domain/decision-records.js';
import type { Baseline, Quarantine } from '../domain/governance.js';
import type { NodeState } from '../domain/node.js';
import { reconsider } from '../domain/settle-standing.js';
import { isAnnounced, isBlocked, judgeStanding, UNHEARD, type Standing } from '../domain/standing.js';
import type { Zones } from '../domain/zones.js';
import { appendAudit } from './audit-statements.js';
import { readGovernance, writeBaseline } from './governance-statements.js';
import { lockNodes, updateNodes } from './node-statements.js';
import { announceUnheard, writeConsequences, type Announcements } from './observation-statements.js';

/** Keeps in PostgreSQL what the operator decides about single nodes. */
export class PostgresDecisionStore implements DecisionStore {
  constructor(
    private readonly dataSource: DataSource,
    private readonly announcements: Announcements,
    private readonly zones: Zones,
  ) {}

  approve(nodeId: string, asked: Build | 'current', act: OperatorAct): Promise<Decided<Baseline>> {
    return this.transact(async (manager) => {
      const known = (await lockNodes(manager, [nodeId])).get(nodeId);
      if (known === undefined) throw new AppError('not-found', `No heartbeat of a node ${nodeId} ever came.`);
      const build = asked === 'current' ? currentBuild(known) : asked;
      const { baseline } = (await readGovernance(manager, [nodeId]))(nodeId);
      if (isRight(baseline, known, build)) return { result: baseline, audit: [], observations: [] };
      if (baseline.builds.length >= BASELINES_PER_NODE_MAX)
        throw new AppError(
          'conflict',
          `${BASELINES_PER_NODE_MAX} builds are right for the node ${nodeId} already; a rollout makes one the only one.`,
        );
      const result = { ...baseline, builds: [...baseline.builds, build] };
      await writeBaseline(manager, nodeId, result);
      const audit = [decisionRecord('ATTESTATION_BASELINE_APPROVED', nodeId, act, { build })];
      await appendAudit(manager, audit, this.announcements.auditLinesMax);
      return { result, audit, observations: [] };
    });
  }

  quarantine(nodeId: string, reason: string, act: OperatorAct): Promise<Decided<NodeQuarantine>> {
    return this.change(nodeId, act, async (manager, before) => {
      if (before?.reason === reason) return undefined;
      await manager.query(
        `INSERT INTO attestation.quarantine (node_id, reason, since) VALUES ($1, $2, $3)
         ON CONFLICT (node_id) DO UPDATE SET reason = excluded.reason`,
        [nodeId, reason, new Date(act.atMs).toISOString()],
      );
      const detail = reason === '' ? null : reason;
      return decisionRecord('ATTESTATION_QUARANTINED', nodeId, act, { detail });
    });
  }

  release(nodeId: string, act: OperatorAct): Promise<Decided<NodeQuarantine>> {
    return this.change(nodeId, act, async (manager, before) => {
      if (before === null) return undefined;
      await manager.query('DELETE FROM attestation.quarantine WHERE node_id = $1', [nodeId]);
      return decisionRecord('ATTESTATION_RELEASED', nodeId, act);
    });
  }

  /** Changes the quarantine of a node and tells what the policy makes of it, all in one transaction. */
  private change(
    nodeId: string,
    act: OperatorAct,
    write: (
      manager: EntityManager,
      before: Quarantine | null,
    ) => Promise<ReturnType<typeof decisionRecord> | undefined>,
  ): Promise<Decided<NodeQuarantine>> {
    return this.transact(async (manager) => {
      const known = (await lockNodes(manager, [nodeId])).get(nodeId);
      const before = (await readGovernance(manager, [nodeId]))(nodeId);
      const record = await write(manager, before.quarantine);
      const after = (await readGovernance(manager, [nodeId]))(nodeId);
      const { quarantine } = after;
      if (known === undefined) {
        const [was, is] = [before, after].map((each) => this.unheard(nodeId, each.quarantine !== null));
        const audit = record === undefined ? [] : [record];
        if (was && is && isAnnounced(was, is))
          await announceUnheard(manager, this.announcements.outbox, nodeId, is, act.atMs);
        await appendAudit(manager, audit, this.announcements.auditLinesMax);
        const blocked = is !== undefined && isBlocked(is);
        return { result: { quarantine, blocked }, audit, observations: [] };
      }
      const atMs = Math.max(act.atMs, known.lastHeartbeat.atMs);
      const judged = reconsider(known, after, this.zones, atMs);
      const observation = record === undefined ? judged : { ...judged, audit: [record, ...judged.audit] };
      await updateNodes(manager, [observation.node]);
      await writeConsequences(manager, this.announcements, [{ observation }]);
      const { standing } = observation.node;
      return {
        result: { quarantine, blocked: standing !== null && isBlocked(standing) },
        audit: observation.audit,
        observations: [observation],
      };
    });
  }

  private unheard(nodeId: string, quarantined: boolean): Standing {
    return judgeStanding(this.zones.of(nodeId), { ...UNHEARD, quarantined });
  }

  private transact<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return withDatabase(() => this.dataSource.transaction(work));
  }
}

function currentBuild({ nodeId, lastSeen }: NodeState): Build {
  if (lastSeen === null) throw new AppError('conflict', `The node ${nodeId} never said which build it runs.`);
  return { buildId: lastSeen.buildId, capabilityHash: lastSeen.capabilityHash };
}

function isRight({ builds, firstSeenCounts }: Baseline, { firstSeen }: NodeState, build: Build): boolean {
  if (firstSeenCounts && firstSeen !== null && isSameBuild(firstSeen, build)) return true;
  return builds.some((each) => isSameBuild(each, build));
}
