import { Worker } from 'node:worker_threads';
import { RuntimeWorker } from './runtime-worker.js';
import type { WorkerAnswer, WorkerJob } from './worker-messages.js';

/**
 * Memory for young objects of a worker thread. With V8's own 48 MiB a thread that only passes tensors on collects
 * nothing for thousands of runs, and keeps what lies behind their buffers.
 */
const YOUNG_GENERATION_MEBIBYTES = 6;

/** A worker thread of this process, for models that the operator deployed. */
export class OnnxWorker extends RuntimeWorker {
  private readonly worker: Worker;
  private termination: Promise<unknown> = Promise.resolve();

  constructor(script: URL) {
    super();
    this.worker = new Worker(script, {
      name: 'onnx',
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MEBIBYTES },
    });
    this.worker.unref();
    this.worker.on('message', (answer: WorkerAnswer) => this.settle(answer));
    this.worker.on('error', (error) => this.end(error));
    this.worker.on('exit', (code) => this.end(new Error(`the worker ended with code ${code}`)));
  }

  /** Resolves when an ended thread is gone; native code runs to its end first. */
  async stopped(): Promise<void> {
    await this.termination;
  }

  protected override post(job: WorkerJob & { readonly id: number }): void {
    const transfer = job.kind === 'run' ? job.runs.flat().map(({ data }) => data) : [];
    this.worker.postMessage(job, transfer);
  }

  protected override kill(): void {
    this.termination = this.worker.terminate();
  }
}
