import { AppError, shortText } from '@touchstone/contracts';
import { RUNTIME_MESSAGE_CHARACTERS_MAX, type WorkerAnswer, type WorkerJob } from './worker-messages.js';

/** A thread or process that does one job at a time and ends with the first job that fails to come back. */
export abstract class RuntimeWorker {
  /** Keys of the models whose sessions this worker holds. */
  readonly loaded = new Set<string>();
  private pending: { id: number; settle: (answer: WorkerAnswer | Error) => void } | undefined;
  private lastId = 0;
  private gone = false;

  /** Hands a job over. */
  protected abstract post(job: WorkerJob & { readonly id: number }): void;

  /** Stops what runs there; called once. */
  protected abstract kill(): void;

  /** Resolves when an ended worker is gone. */
  abstract stopped(): Promise<void>;

  /** True when the worker has ended or was ended; it takes no further job. */
  get ended(): boolean {
    return this.gone;
  }

  /**
   * Gives the worker a job. A worker that does not answer in time is ended, because nothing else stops native code.
   *
   * @param sinceMs when the time began, by `performance.now()`: a run and what had to be done for it share their time
   * @throws AppError `timeout` or `inference-failed`
   */
  async ask(
    job: WorkerJob,
    timeoutMs: number,
    sinceMs = performance.now(),
  ): Promise<WorkerAnswer & { ok: true }> {
    if (this.gone) throw new AppError('inference-failed', 'The worker has ended.');
    const leftMs = sinceMs + timeoutMs - performance.now();
    if (leftMs <= 0) throw new AppError('timeout', `The model could not be read within ${timeoutMs} ms.`);
    this.lastId += 1;
    const id = this.lastId;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const answer = await new Promise<WorkerAnswer | Error>((resolve) => {
      this.pending = { id, settle: resolve };
      timer = setTimeout(() => {
        this.end(new AppError('timeout', `The model did not answer within ${timeoutMs} ms and was stopped.`));
      }, Math.ceil(leftMs));
      this.post({ ...job, id });
    });
    clearTimeout(timer);
    this.pending = undefined;
    if (answer instanceof AppError) throw answer;
    if (answer instanceof Error) {
      throw new AppError('inference-failed', 'The worker ended during the run.', { cause: answer });
    }
    if (!answer.ok)
      throw new AppError(
        'inference-failed',
        `The runtime refused: ${shortText(answer.message, RUNTIME_MESSAGE_CHARACTERS_MAX)}`,
      );
    return answer;
  }

  /** Ends the worker; the job that is running fails with `reason`. */
  end(reason: Error): void {
    if (this.gone) return;
    this.gone = true;
    this.pending?.settle(reason);
    this.kill();
  }

  /** Takes an answer of the worker; one to a job that is over is dropped. */
  protected settle(answer: WorkerAnswer): void {
    if (answer.id === this.pending?.id) this.pending.settle(answer);
  }
}
