import type { CanonicalTensor } from '@touchstone/contracts';
import type { ModelRun, ModelRunner } from '../../domain/inference/model-runner.js';
import type { Model } from '../../domain/model/model.js';
import type { OnnxPool } from '../onnx/onnx-pool.js';
import type { Sandbox } from './sandbox.js';

/** Sends a run where its model belongs: in whole numbers here, deployed models to threads of this process, added ones into the sandbox. */
export class ModelRuntimes implements ModelRunner {
  constructor(
    readonly deployed: OnnxPool,
    readonly sandbox: Sandbox,
    private readonly integer: ModelRunner,
  ) {}

  /** Runs that wait. */
  get queued(): number {
    return this.deployed.queued + this.sandbox.queued;
  }

  run(model: Model, inputs: readonly CanonicalTensor[]): Promise<ModelRun> {
    if (model.circuit !== undefined) return this.integer.run(model, inputs);
    return (model.origin === 'added' ? this.sandbox : this.deployed).run(model, inputs);
  }

  async close(): Promise<void> {
    await Promise.all([this.deployed.close(), this.sandbox.close()]);
  }
}
