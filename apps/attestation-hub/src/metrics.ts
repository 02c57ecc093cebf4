import type { NodeStatus } from '@touchstone/contracts';
import { Counter, Gauge, Histogram, type Registry } from '@touchstone/platform/observability';
import { singleFlight } from '@touchstone/work';
import { reportedSkew } from './domain/freshness.js';
import type { Observation } from './domain/observe-heartbeat.js';
import type { DecisionWatcher, HeartbeatWatcher, NodeCounts } from './domain/ports.js';
import type { Standing } from './domain/standing.js';

/** What `attestation_drift_1m` and `attestation_spoof_1m` look back at. */
export const RECENT_FINDINGS_MS = 60_000;

/** Where the figures over all nodes come from. */
export type CountNodes = () => Promise<NodeCounts>;

const gaugeOfStatus: Readonly<Record<NodeStatus, { name: string; help: string }>> = {
  OK: { name: 'attestation_ok', help: 'Nodes whose last attestation is as expected.' },
  MISSING: { name: 'attestation_missing', help: 'Nodes whose last heartbeat had no attestation.' },
  DRIFT: { name: 'attestation_drift', help: 'Nodes whose attestation differs from the first one.' },
  SPOOF_SUSPECT: {
    name: 'attestation_spoof_suspect',
    help: 'Nodes whose attestations contradict each other.',
  },
  STALE: { name: 'attestation_stale', help: 'Nodes that have been silent for too long.' },
};

/**
 * The figures of this service (R-NODE-6). What is known of nodes, the findings of the last minute included, is read from the
 * database at each scrape, so that every replica shows the same and a restart forgets nothing; counters are those of one process.
 */
export class HubMetrics implements HeartbeatWatcher, DecisionWatcher {
  private readonly heartbeats: Counter;
  private readonly seconds: Histogram;
  private readonly reporterChanges: Counter;
  private readonly skewed: Counter;
  private readonly wouldBlock: Counter;

  constructor(
    private readonly registry: Registry,
    count: CountNodes,
  ) {
    const registers = [registry];
    this.heartbeats = new Counter({
      name: 'touchstone_attestation_heartbeats_total',
      help: 'Heartbeats by reporter (http or a service) and result (the status of the node, or refused).',
      labelNames: ['reporter', 'result'],
      registers,
    });
    this.seconds = new Histogram({
      name: 'touchstone_attestation_store_seconds',
      help: 'Time from a heartbeat to its commit.',
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
      registers,
    });
    this.reporterChanges = new Counter({
      name: 'touchstone_attestation_reporter_changes_total',
      help: 'Heartbeats that came from another reporter than the one before.',
      registers,
    });
    this.skewed = new Counter({
      name: 'touchstone_attestation_clock_skew_total',
      help: 'Heartbeats whose stated time is off by more than five minutes.',
      registers,
    });
    this.wouldBlock = new Counter({
      name: 'policy_would_block_total',
      help: 'New decisions that would have blocked a node if its zone enforced its policy, by zone and reason.',
      labelNames: ['zone', 'reason'],
      registers,
    });
    // The gauges of one scrape share one query.
    this.addNodeGauges(singleFlight(count));
  }

  stored({ node, reporterChanged, decision }: Observation, reporter: string, seconds: number): void {
    this.heartbeats.inc({ reporter, result: node.status });
    this.seconds.observe(seconds);
    if (decision !== null) this.decided(decision);
    if (reporterChanged) this.reporterChanges.inc();
    if (reportedSkew(node.lastHeartbeat.clockSkewMs) !== null) this.skewed.inc();
  }

  decided({ zone, reason }: Standing): void {
    this.wouldBlock.inc({ zone, reason: String(reason) });
  }

  refused(reporter: string): void {
    this.heartbeats.inc({ reporter, result: 'refused' });
  }

  private addNodeGauges(count: CountNodes): void {
    for (const [status, { name, help }] of Object.entries(gaugeOfStatus))
      this.addGauge(name, help, async () => (await count()).byStatus[status as NodeStatus]);
    this.addGauge('attestation_drift_1m', 'Drifts that were found in the last minute.', async () => {
      return (await count()).drifts;
    });
    this.addGauge(
      'attestation_spoof_1m',
      'Suspected spoofs that were found in the last minute.',
      async () => {
        return (await count()).spoofs;
      },
    );
  }

  private addGauge(name: string, help: string, value: () => number | Promise<number>): void {
    const gauge = new Gauge({
      name,
      help,
      registers: [],
      async collect() {
        // A database that is away must not hide the other figures; NaN says that this one is not known.
        gauge.set(
          await Promise.resolve()
            .then(value)
            .catch(() => Number.NaN),
        );
      },
    });
    this.registry.registerMetric(gauge);
  }
}
