import { currentSpanContext, type FollowedTraces, type Logger } from '@touchstone/platform/observability';
import type { EvidenceObserver, EvidenceStage } from './domain/evidence/evidence-reader.js';
import type { Alarm } from './domain/ingest/intake.js';
import type { LogObserver } from './domain/log/log-copy.js';
import type { ReadyOutput, RefusalReason } from './domain/log/log-store.js';
import type { ProofMetrics } from './metrics.js';

/** Turns what the domain sees into figures and spans and, where an operator has to look, into logs. */
export class Observers implements EvidenceObserver, LogObserver {
  constructor(
    private readonly metrics: ProofMetrics,
    private readonly logger: Logger,
    private readonly traces: FollowedTraces,
  ) {}

  served(source: 'memory' | 'built', anchored: boolean): void {
    this.metrics.served(source, anchored);
  }

  built(seconds: number): void {
    this.metrics.built(seconds);
  }

  pending(stage: EvidenceStage): void {
    this.metrics.pending(stage);
  }

  selfCheckFailed(subject: string, findings: readonly string[], cause?: unknown): void {
    this.metrics.selfCheckFailed();
    this.logger.error({ subject, findings, err: cause }, 'a proof did not pass its own verification');
  }

  alarmed(alarm: Alarm): void {
    this.metrics.alarmed(alarm);
    this.logger.error(alarm, 'a message contradicts what is recorded and is not served');
  }

  checkpointVerified(size: bigint, ready: readonly ReadyOutput[]): void {
    this.metrics.checkpointVerified(ready);
    this.reached('proof ready', ready, false);
    this.logger.debug({ size: `${size}`, outputs: ready.length }, 'a checkpoint is verified');
  }

  outputsAnchored(anchored: readonly ReadyOutput[]): void {
    this.metrics.outputsAnchored(anchored);
    this.reached('anchored proof ready', anchored, true);
    this.logger.debug({ outputs: anchored.length }, 'outputs are anchored');
  }

  private reached(stage: string, outputs: readonly ReadyOutput[], last: boolean): void {
    if (this.traces.size === 0) return;
    const ids = outputs.map(({ verificationId }) => verificationId);
    this.traces.reached(stage, ids, { batch: currentSpanContext(), last });
  }

  checkpointRefused(size: bigint, reason: RefusalReason): void {
    this.metrics.checkpointRefused(reason);
    this.logger.error({ size: `${size}`, reason }, 'a checkpoint is refused and never served');
  }
}
