import type { CanonicalTensor } from '@touchstone/contracts';
import type { Model } from '../model/model.js';

/**
 * Runs that may wait in one queue, that of the threads or that of the process of an added model; at a few milliseconds
 * each, more would wait longer than their callers do.
 */
export const INFERENCE_QUEUE_MAX = 1_024;

/** Milliseconds that one run may take in its worker, reading and loading the model included. */
export const INFERENCE_TIMEOUT_DEFAULT_MS = 10_000;

/** What a model gave, in the order of the file's outputs. */
export interface ModelRun {
  readonly outputs: readonly CanonicalTensor[];
  /** Milliseconds inside the runtime. */
  readonly milliseconds: number;
}

/** Runs models. */
export interface ModelRunner {
  /**
   * @throws AppError `queue-full` when too many runs wait, `timeout` when a run takes too long, `inference-failed`
   * when the runtime refuses
   */
  run(model: Model, inputs: readonly CanonicalTensor[]): Promise<ModelRun>;
}
