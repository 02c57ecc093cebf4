import type { AuditTrail, Clock, DecisionWatcher, SilentNodeStore } from './ports.js';

/** Nodes that are found silent with one commit. */
export const SILENT_NODES_PER_COMMIT_MAX = 500;
/**
 * Commits of one look; the rest is found by the next. Nodes that fall silent and come back again and again so make events no faster
 * than the looks go.
 */
export const SILENCE_COMMITS_PER_LOOK_MAX = 20;

/** Looks for nodes that have been silent for too long, so that somebody hears of them although they say nothing. */
export class WatchSilence {
  constructor(
    private readonly store: SilentNodeStore,
    private readonly audit: AuditTrail,
    private readonly watcher: DecisionWatcher,
    private readonly clock: Clock,
  ) {}

  /** Has every node that is silent told as STALE, once; resolves with how many there were. */
  async run(): Promise<number> {
    const nowMs = this.clock.nowMs();
    let found = 0;
    for (let commit = 0; commit < SILENCE_COMMITS_PER_LOOK_MAX; commit += 1) {
      const observations = await this.store.notice(nowMs, SILENT_NODES_PER_COMMIT_MAX);
      for (const { audit, decision } of observations) {
        for (const record of audit) this.audit.record(record);
        if (decision !== null) this.watcher.decided(decision);
      }
      found += observations.length;
      if (observations.length < SILENT_NODES_PER_COMMIT_MAX) break;
    }
    return found;
  }
}
