import { Counter, Gauge, Histogram, type Registry } from '@touchstone/platform/observability';
import { singleFlight } from '@touchstone/work';
import type { AnchorReader, PipelineFigures } from './domain/anchor/anchor-reader.js';
import type { AnchorTarget } from './domain/anchor/anchor-target.js';
import type { AnchorEvent } from './domain/anchor/anchor-event.js';
import { costUnits } from './domain/anchor/cost-units.js';
import type { AnchorPlace } from './domain/anchor/target-observer.js';
import type { ProofSource } from './domain/anchor/evm/proving.js';
import type { StageName } from './domain/pipeline/pipeline.js';
import { addNetworkFigures } from './network-metrics.js';

/** Stages of a leaf here. A batch takes its place in the log in the transaction that seals it: `sealed` is both. */
export const leafStages = ['sealed', 'checkpointed', 'anchored'] as const;
export type LeafStage = (typeof leafStages)[number];

/** From 10 ms to 10 min. */
const STAGE_SECONDS_BUCKETS = [
  0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 1.5, 2, 2.5, 3, 4, 5, 7.5, 10, 15, 30, 60, 120, 300, 600,
];

/** The figures of this service. */
export class AnchorMetrics {
  private readonly leaves: Counter;
  private readonly entries: Counter;
  private readonly batches: Counter;
  private readonly eventBatches: Counter;
  private readonly checkpoints: Counter;
  private readonly anchorEvents: Counter;
  private readonly proofs: Counter;
  private readonly gas: Counter;
  private readonly cost: Counter;
  private readonly failures: Counter;
  private readonly closed: Gauge;
  private readonly accepted: Histogram;
  private readonly reached: Readonly<Record<LeafStage, Histogram>>;

  constructor(
    private readonly registry: Registry,
    reader: AnchorReader,
  ) {
    const counter = (name: string, help: string, labelNames: string[] = []): Counter =>
      new Counter({ name: `touchstone_anchor_${name}`, help, labelNames, registers: [registry] });
    this.leaves = counter('leaves_accepted_total', 'Leaves that were stored.');
    this.entries = counter('log_objects_total', 'Log entries that are no batch.');
    this.batches = counter('batches_sealed_total', 'Batches of outputs that took their place in the log.');
    this.eventBatches = counter('event_batches_total', 'Batches of events in the log.');
    this.checkpoints = counter('checkpoints_published_total', 'Checkpoints that were signed and stored.');
    this.anchorEvents = counter('anchor_events_total', 'What happened to anchors, by network.', [
      'event',
      'network',
    ]);
    this.proofs = counter('proofs_total', 'Proofs of anchors, by where they were had.', ['source']);
    this.gas = counter('gas_used_total', 'Gas of anchors in blocks; an anchor that moved counts again.', [
      'network',
    ]);
    this.cost = counter('cost_total', 'What anchors cost; an anchor that moved costs again.', [
      'network',
      'unit',
    ]);
    this.failures = counter('stage_retries_total', 'Runs of a stage that failed and are tried again.', [
      'stage',
    ]);
    this.closed = new Gauge({
      name: 'touchstone_anchor_log_closed',
      help: '1 while the signer refuses to extend the log; must be 0. See the runbook on reconciling.',
      registers: [registry],
    });
    const histogram = (name: string, help: string): Histogram =>
      new Histogram({
        name: `touchstone_anchor_${name}`,
        help,
        buckets: STAGE_SECONDS_BUCKETS,
        registers: [registry],
      });
    this.accepted = histogram(
      'leaf_accepted_seconds',
      'From the recording of an output until its leaf is stored.',
    );
    this.reached = {
      sealed: histogram(
        'leaf_sealed_seconds',
        'From the acceptance of a leaf until its batch stands in the log.',
      ),
      checkpointed: histogram(
        'leaf_checkpointed_seconds',
        'From the acceptance of a leaf until a signed checkpoint covers it.',
      ),
      anchored: histogram(
        'leaf_anchored_seconds',
        'From the acceptance of a leaf until a final anchor covers it.',
      ),
    };
    addStoredFigures(registry, reader);
    addNetworkFigures(registry, reader);
  }

  intaken(taken: { readonly leaves: number; readonly entries: number; readonly batches: number }): void {
    this.leaves.inc(taken.leaves);
    this.entries.inc(taken.entries);
    this.eventBatches.inc(taken.batches);
  }

  leafAccepted(seconds: number): void {
    this.accepted.observe(seconds);
  }

  leafReached(stage: LeafStage, secondsSinceAccepted: number): void {
    this.reached[stage].observe(Math.max(0, secondsSinceAccepted));
  }

  sealed(batches: number): void {
    this.batches.inc(batches);
  }

  checkpointPublished(): void {
    this.checkpoints.inc();
  }

  logClosed(isClosed: boolean): void {
    this.closed.set(isClosed ? 1 : 0);
  }

  anchorChanged(event: AnchorEvent, { kind, network }: AnchorPlace): void {
    this.anchorEvents.inc({ event: event.kind, network });
    if (event.kind === 'included') this.gas.inc({ network }, Number(event.gasUsed));
    if (!('cost' in event) || event.cost === undefined) return;
    this.cost.inc({ network, unit: costUnits[kind] }, Number(event.cost));
  }

  proofHad(source: ProofSource): void {
    this.proofs.inc({ source });
  }

  /** Tells of each target whether anything can become final there. */
  watchTargets(targets: readonly Pick<AnchorTarget, 'network' | 'trouble'>[]): void {
    const troubled: Gauge = new Gauge({
      name: 'touchstone_anchor_target_troubled',
      help: '1 while nothing can become final on a network; must be 0. See the runbook anchor-stuck.',
      labelNames: ['network'],
      registers: [this.registry],
      collect: () => {
        for (const { network, trouble } of targets) troubled.set({ network }, trouble === undefined ? 0 : 1);
      },
    });
  }

  stageFailed(stage: StageName): void {
    this.failures.inc({ stage });
  }
}

/** Figures that are read from the database at the time of a scrape; one read serves them all. */
function addStoredFigures(registry: Registry, reader: AnchorReader): void {
  const read = singleFlight(() => reader.figures());
  const gauge = (name: string, help: string, set: (gauge: Gauge, figures: PipelineFigures) => void): void => {
    const made: Gauge = new Gauge({
      name: `touchstone_anchor_${name}`,
      help,
      registers: [],
      collect: async () => {
        try {
          set(made, await read());
        } catch {
          // A database that does not answer leaves the last figures; readiness tells about it.
        }
      },
    });
    registry.registerMetric(made);
  };
  gauge('pending_leaves', 'Leaves that wait for a batch.', (made, { pendingLeaves }) =>
    made.set(pendingLeaves),
  );
  gauge(
    'oldest_pending_leaf_seconds',
    'Age of the oldest leaf without a batch; 0 for none.',
    (made, figures) => made.set(figures.oldestPendingSeconds),
  );
  gauge('log_size_entries', 'Entries of the log.', (made, { logSize }) => made.set(Number(logSize)));
  gauge('checkpoint_lag_entries', 'Entries that no published checkpoint covers.', (made, figures) =>
    made.set(Number(figures.logSize - figures.checkpointSize)),
  );
}
