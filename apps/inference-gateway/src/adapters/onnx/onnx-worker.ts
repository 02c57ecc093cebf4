import { AppError } from '@touchstone/contracts';
import { Worker } from 'node:worker_threads';
import type { WorkerAnswer, WorkerJob } from './worker-messages.js';

/** One worker thread that does one job at a time and ends with the first job that fails to come back. */
export class OnnxWorker {
  /** Keys of the models whose sessions this worker holds. */
  readonly loaded = new Set<string>();
  private readonly worker: Worker;
  private pending: { id: number; settle: (answer: WorkerAnswer | Error) => void } | undefined;
  private lastId = 0;
  private gone = false;
  private termination: Promise<unknown> = Promise.resolve();

  constructor(script: URL) {
    this.worker = new Worker(script, { name: 'onnx' });
    this.worker.unref();
    this.worker.on('message', (answer: WorkerAnswer) => {
      if (answer.id === this.pending?.id) this.pending.settle(answer);
    });
    this.worker.on('error', (error) => this.end(error));
    this.worker.on('exit', (code) => this.end(new Error(`the worker ended with code ${code}`)));
  }

  /** True when the thread has ended or was ended; it takes no further job. */
  get ended(): boolean {
    return this.gone;
  }

  /**
   * Gives the worker a job. A worker that does not answer in time is ended, because nothing else stops native code.
   *
   * @throws AppError `timeout` or `inference-failed`
   */
  async ask(job: WorkerJob, timeoutMs: number): Promise<WorkerAnswer & { ok: true }> {
    if (this.gone) throw new AppError('inference-failed', 'The worker thread has ended.');
    this.lastId += 1;
    const id = this.lastId;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const answer = await new Promise<WorkerAnswer | Error>((resolve) => {
      this.pending = { id, settle: resolve };
      timer = setTimeout(() => {
        this.end(new AppError('timeout', `The model did not answer within ${timeoutMs} ms and was stopped.`));
      }, timeoutMs);
      const transfer = job.kind === 'run' ? job.feeds.map(({ data }) => data) : [];
      this.worker.postMessage({ ...job, id }, transfer);
    });
    clearTimeout(timer);
    this.pending = undefined;
    if (answer instanceof AppError) throw answer;
    if (answer instanceof Error) {
      throw new AppError('inference-failed', 'The worker thread ended during the run.', { cause: answer });
    }
    if (!answer.ok)
      throw new AppError('inference-failed', `The runtime refused: ${answer.message.slice(0, 512)}`);
    return answer;
  }

  /** Ends the thread; the job that is running fails with `reason`. */
  end(reason: Error): void {
    if (this.gone) return;
    this.gone = true;
    this.pending?.settle(reason);
    this.termination = this.worker.terminate();
  }

  /** Resolves when an ended thread is gone; native code runs to its end first. */
  async stopped(): Promise<void> {
    await this.termination;
  }
}
