import type { CanonicalTensor } from '@touchstone/contracts';
import type { Model } from '../model/model.js';

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

/** Injection token of the {@link ModelRunner}. */
export const MODEL_RUNNER = Symbol('ModelRunner');
