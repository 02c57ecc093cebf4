import type { RunAnswer, WorkerTensor } from './worker-messages.js';

/** Runs that one message hands to a worker. */
export const RUNS_PER_MESSAGE_MAX = 16;
/** Milliseconds below which the last run of a model has to lie for its runs to share a message. */
export const SHORT_RUN_MS = 2;
/** Model versions whose last run time is remembered. */
export const RUN_TIMES_MAX = 1_000;

/** Runs of one model that wait for the same worker and go to it in one message. */
export class RunGroup {
  readonly runs: (readonly WorkerTensor[])[] = [];
  /** One answer for each run, in order. */
  answers: Promise<readonly RunAnswer[]> = Promise.resolve([]);
  private taken = false;

  /** True while another run may join. */
  get open(): boolean {
    return !this.taken && this.runs.length < RUNS_PER_MESSAGE_MAX;
  }

  /** Runs that joined the first one and wait with it. */
  get joined(): number {
    return this.taken ? 0 : Math.max(0, this.runs.length - 1);
  }

  /** A worker has the group: nobody joins any more. */
  take(): void {
    this.taken = true;
  }
}
