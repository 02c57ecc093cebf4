import type { Build } from './builds.js';
import type {
  Decided,
  DecisionStore,
  KeptRollout,
  NodeQuarantine,
  OperatorAct,
  PlannedRollout,
  PolicyStore,
  RolloutStore,
} from './decision-ports.js';
import type { Baseline } from './governance.js';
import type { AuditTrail, Clock, DecisionWatcher } from './ports.js';

/** Nodes about which the policy is asked with one commit. */
export const RECONSIDERED_PER_COMMIT_MAX = 500;

interface Stores {
  readonly decisions: DecisionStore;
  readonly rollouts: RolloutStore;
  readonly policy: PolicyStore;
}

/** What the operator decides, and what follows from the policy without a heartbeat. What is committed is told once. */
export class MakeDecisions {
  private reconsidered = false;

  constructor(
    private readonly stores: Stores,
    private readonly audit: AuditTrail,
    private readonly watcher: DecisionWatcher,
    private readonly clock: Clock,
  ) {}

  async approve(nodeId: string, build: Build | 'current', remoteAddress: string | null): Promise<Baseline> {
    return this.tell(await this.stores.decisions.approve(nodeId, build, this.act(remoteAddress)));
  }

  async quarantine(nodeId: string, reason: string, remoteAddress: string | null): Promise<NodeQuarantine> {
    return this.tell(await this.stores.decisions.quarantine(nodeId, reason, this.act(remoteAddress)));
  }

  async release(nodeId: string, remoteAddress: string | null): Promise<NodeQuarantine> {
    return this.tell(await this.stores.decisions.release(nodeId, this.act(remoteAddress)));
  }

  async startRollout(planned: PlannedRollout, remoteAddress: string | null): Promise<KeptRollout> {
    return this.tell(await this.stores.rollouts.start(planned, this.act(remoteAddress)));
  }

  async endRollout(
    name: string,
    outcome: 'completed' | 'cancelled',
    remoteAddress: string | null,
  ): Promise<KeptRollout> {
    return this.tell(await this.stores.rollouts.end(name, outcome, this.act(remoteAddress)));
  }

  /**
   * Completes rollouts whose time is over, and asks the policy about every node once after a start: the operator may have written
   * another one.
   */
  async catchUp(): Promise<void> {
    this.tell(await this.stores.rollouts.closeExpired(this.clock.nowMs()));
    if (this.reconsidered) return;
    let after: string | undefined = '';
    while (after !== undefined)
      after = this.tell(
        await this.stores.policy.reconsider(after, RECONSIDERED_PER_COMMIT_MAX, this.clock.nowMs()),
      );
    this.reconsidered = true;
  }

  private act(remoteAddress: string | null): OperatorAct {
    return { atMs: this.clock.nowMs(), remoteAddress };
  }

  private tell<T>({ result, audit, observations }: Decided<T>): T {
    for (const record of audit) this.audit.record(record);
    for (const { decision } of observations) if (decision !== null) this.watcher.decided(decision);
    return result;
  }
}
