import type { Heartbeat } from '@touchstone/contracts';
import { toReport, type HeartbeatOrigin } from './heartbeat-report.js';
import type { NodeState } from './node.js';
import type { AuditTrail, Clock, HeartbeatWatcher, NodeStore, Randomness } from './ports.js';
import type { VerifyHeartbeat } from './verify-heartbeat.js';

/** Takes heartbeats, whatever way they came. */
export class ReceiveHeartbeat {
  constructor(
    private readonly store: NodeStore,
    private readonly audit: AuditTrail,
    private readonly watcher: HeartbeatWatcher,
    private readonly clock: Clock,
    private readonly verify: VerifyHeartbeat,
    private readonly random: Randomness,
  ) {}

  /**
   * Stores one heartbeat and returns its node as it is then.
   *
   * @throws AppError `validation-failed`, and what {@link NodeStore.take} throws
   */
  async run(message: Heartbeat, origin: HeartbeatOrigin): Promise<NodeState> {
    const startedMs = this.clock.nowMs();
    try {
      const report = toReport(message, origin, startedMs);
      const signedBy = await this.verify.run(message);
      const signed = signedBy === null ? report : { ...report, signedBy, random: this.random.nonce() };
      const observation = await this.store.take(signed);
      // After the commit: what is not kept is not audited as if it were.
      for (const record of observation.audit) this.audit.record(record);
      this.watcher.stored(observation, origin.reporter, (this.clock.nowMs() - startedMs) / 1_000);
      return observation.node;
    } catch (error) {
      this.watcher.refused(origin.reporter);
      throw error;
    }
  }
}
