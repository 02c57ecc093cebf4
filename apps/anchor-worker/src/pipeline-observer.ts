import { withSpan, type Logger } from '@touchstone/platform/observability';
import type { EvmTargetObserver } from './domain/anchor/evm/create-evm-target.js';
import type { PipelineObserver } from './domain/pipeline/create-pipeline.js';
import type { LeafProgress } from './leaf-progress.js';
import type { AnchorMetrics } from './metrics.js';

/** Turns what happens in the pipeline into log lines, figures and spans. */
export function observePipeline(to: {
  readonly logger: Logger;
  readonly metrics: AnchorMetrics;
  readonly progress: LeafProgress;
}): PipelineObserver & EvmTargetObserver {
  const { logger, metrics, progress } = to;
  return {
    around: (name, work) => withSpan(name, {}, () => work()),
    sealed: (batches) => {
      metrics.sealed(batches.length);
      progress.sealed(batches);
    },
    checkpointPublished: ({ fromSize, size }) => {
      metrics.checkpointPublished();
      progress.checkpointed(fromSize, size);
    },
    logClosed: (reason) => {
      metrics.logClosed(reason !== undefined);
      if (reason === undefined) logger.info('the log is open again');
      else
        logger.error(
          { reason },
          'the log is closed: reconcile it with the newest checkpoint that others saw',
        );
    },
    anchorChanged: (event, at) => {
      const { network } = at;
      metrics.anchorChanged(event, at);
      if (event.kind === 'final') progress.anchored(event.checkpointSize, network);
      if (event.kind === 'included' || event.kind === 'final')
        logger.debug({ event: event.kind, network }, 'an anchor moved');
      else logger.warn({ event: event.kind, network }, 'an anchor needed a second attempt');
    },
    proofHad: (source) => metrics.proofHad(source),
    proofsRefused: (reason, network) => {
      if (reason === undefined) logger.info({ network }, 'the chain node serves proofs again');
      else
        logger.error(
          { reason, network },
          'the chain node serves no eth_getProof: see the runbook node-cannot-prove',
        );
    },
    stageFailed: (stage, error, pauseMs, network) => {
      metrics.stageFailed(stage);
      logger.warn({ err: error, stage, network, pauseMs }, 'a stage failed and is tried again');
    },
  };
}
