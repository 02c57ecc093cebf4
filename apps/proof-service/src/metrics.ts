import { Counter, Gauge, Histogram, type Registry } from '@touchstone/platform/observability';
import type { EvidenceObserver, EvidenceStage } from './domain/evidence/evidence-reader.js';
import { alarmKinds, type Alarm } from './domain/ingest/intake.js';
import { refusalReasons, type ReadyOutput, type RefusalReason } from './domain/log/log-store.js';

/** From 10 ms to 10 min, and beyond for a chain that is slow to become final. */
const READY_SECONDS_BUCKETS = [
  0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 1.5, 2, 2.5, 3, 4, 5, 7.5, 10, 15, 30, 60, 120, 300, 600, 1_800,
  3_600,
];

const BUNDLE_SECONDS_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Figures that are read from the database when they are asked for. */
export interface StoredFigures {
  readonly logSize: number;
  readonly entriesWaiting: number;
  readonly checkpointsPending: number;
  readonly anchorsUnmatched: number;
}

/** The figures of this service. Those whose help says so must be zero. */
export class ProofMetrics implements Pick<EvidenceObserver, 'served' | 'built' | 'pending'> {
  private readonly evidenceServed: Counter;
  private readonly evidencePending: Counter;
  private readonly cacheHits: Counter;
  private readonly selfCheckFailures: Counter;
  private readonly alarms: Counter;
  private readonly refused: Counter;
  private readonly verified: Counter;
  private readonly ready: Histogram;
  private readonly endToEnd: Histogram;
  private readonly bundle: Histogram;
  private readonly anchored: Histogram;
  private readonly lag: Gauge;
  private readonly messages: Counter;

  constructor(registry: Registry, figures: () => Promise<StoredFigures>) {
    const counter = (name: string, help: string, labelNames: string[] = []): Counter =>
      new Counter({ name: `touchstone_proof_${name}`, help, labelNames, registers: [registry] });
    this.evidenceServed = counter('evidence_served_total', 'Bundles that were served.', ['anchored']);
    this.evidencePending = counter('evidence_pending_total', 'Answers that evidence is not complete.', [
      'stage',
    ]);
    this.cacheHits = counter('cache_hits_total', 'Bundles that were served from memory.');
    this.selfCheckFailures = counter(
      'self_check_failures_total',
      'Proofs that did not pass their own verification and were not served; must be 0.',
    );
    this.alarms = counter(
      'alarms_total',
      'Messages that contradict the log, or the output that they are about; must be 0.',
      ['kind'],
    );
    this.refused = counter('checkpoints_refused_total', 'Checkpoints that are never served; must be 0.', [
      'reason',
    ]);
    this.verified = counter(
      'checkpoints_verified_total',
      'Checkpoints whose signature and root were verified.',
    );
    this.messages = counter('messages_taken_total', 'Events that are stored.', ['durable']);
    const histogram = (name: string, help: string, buckets = READY_SECONDS_BUCKETS): Histogram =>
      new Histogram({ name: `touchstone_proof_${name}`, help, buckets, registers: [registry] });
    this.ready = histogram(
      'ready_seconds',
      'From the recording of an output to the arrival of the checkpoint that makes it provable.',
    );
    this.endToEnd = histogram(
      'end_to_end_seconds',
      'From the arrival of a request at the gateway to that of the checkpoint that makes its output provable.',
    );
    this.anchored = histogram(
      'anchored_seconds',
      'From the recording of an output until its bundle carries a final anchor.',
    );
    this.bundle = histogram(
      'bundle_seconds',
      'Time to make and verify an evidence bundle, whether it passes or not.',
      BUNDLE_SECONDS_BUCKETS,
    );
    this.lag = new Gauge({
      name: 'touchstone_proof_ingest_lag_seconds',
      help: 'Age of the last event when it was stored.',
      labelNames: ['durable'],
      registers: [registry],
    });
    for (const kind of alarmKinds) this.alarms.inc({ kind }, 0);
    for (const reason of refusalReasons) this.refused.inc({ reason }, 0);
    addStoredFigures(registry, figures);
  }

  served(source: 'memory' | 'built', anchored: boolean): void {
    this.evidenceServed.inc({ anchored: String(anchored) });
    if (source === 'memory') this.cacheHits.inc();
  }

  built(seconds: number): void {
    this.bundle.observe(seconds);
  }

  pending(stage: EvidenceStage): void {
    this.evidencePending.inc({ stage });
  }

  selfCheckFailed(): void {
    this.selfCheckFailures.inc();
  }

  alarmed({ kind }: Alarm): void {
    this.alarms.inc({ kind });
  }

  checkpointVerified(outputs: readonly ReadyOutput[]): void {
    this.verified.inc();
    for (const { seconds, secondsSinceRequest } of outputs) {
      this.ready.observe(seconds);
      this.endToEnd.observe(secondsSinceRequest);
    }
  }

  outputsAnchored(outputs: readonly ReadyOutput[]): void {
    for (const { seconds } of outputs) this.anchored.observe(seconds);
  }

  checkpointRefused(reason: RefusalReason): void {
    this.refused.inc({ reason });
    this.alarms.inc({ kind: 'checkpoint-refused' });
  }

  taken(durable: string, messages: number, lagSeconds: number | undefined): void {
    this.messages.inc({ durable }, messages);
    if (lagSeconds !== undefined) this.lag.set({ durable }, Math.max(0, lagSeconds));
  }
}

function addStoredFigures(registry: Registry, figures: () => Promise<StoredFigures>): void {
  const gauge = (name: string, help: string): Gauge => {
    const made = new Gauge({ name: `touchstone_proof_${name}`, help, registers: [] });
    registry.registerMetric(made);
    return made;
  };
  const waiting = gauge(
    'log_entries_waiting',
    'Entries that arrived before one that comes earlier in the log.',
  );
  const pending = gauge('checkpoints_pending', 'Checkpoints that cannot be judged yet.');
  const unmatched = gauge('anchors_unmatched', 'Anchors whose checkpoint is not verified here.');
  const logSize = new Gauge({
    name: 'touchstone_proof_log_size_entries',
    help: 'Entries of the dense copy of the log.',
    registers: [],
    collect: async () => {
      try {
        const stored = await figures();
        logSize.set(stored.logSize);
        waiting.set(stored.entriesWaiting);
        pending.set(stored.checkpointsPending);
        unmatched.set(stored.anchorsUnmatched);
      } catch {
        // A database that does not answer leaves the last figures; readiness tells about it.
      }
    },
  });
  registry.registerMetric(logSize);
}
