import type { Logger } from '@touchstone/platform';
import type { EvidenceObserver, EvidenceStage } from './domain/evidence/evidence-reader.js';
import type { Alarm } from './domain/ingest/intake.js';
import type { LogObserver } from './domain/log/log-copy.js';
import type { RefusalReason } from './domain/log/log-store.js';
import type { ProofMetrics } from './metrics.js';

/** Turns what the domain sees into figures and, where an operator has to look, into logs. */
export class Observers implements EvidenceObserver, LogObserver {
  constructor(
    private readonly metrics: ProofMetrics,
    private readonly logger: Logger,
  ) {}

  served(source: 'memory' | 'built', anchored: boolean): void {
    this.metrics.served(source, anchored);
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
    this.logger.error(alarm, 'a message contradicts the log and is not served');
  }

  checkpointVerified(size: bigint, secondsToReady: readonly number[]): void {
    this.metrics.checkpointVerified(secondsToReady);
    this.logger.debug({ size: `${size}`, outputs: secondsToReady.length }, 'a checkpoint is verified');
  }

  checkpointRefused(size: bigint, reason: RefusalReason): void {
    this.metrics.checkpointRefused(reason);
    this.logger.error({ size: `${size}`, reason }, 'a checkpoint is refused and never served');
  }
}
