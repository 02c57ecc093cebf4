import { AppError } from '@touchstone/contracts';

/** Codes of runs that failed for their model. */
const failures: ReadonlySet<string> = new Set(['inference-failed', 'timeout']);

/** Milliseconds between two times at which failed runs are written down; a process that is killed loses those since. */
export const FAILED_RUNS_INTERVAL_MS = 5_000;

/** Writes down how many runs of each version failed. */
export type WriteFailedRuns = (failed: ReadonlyMap<string, number>, nowMs: number) => Promise<void>;

/**
 * Counts runs that failed. They leave nothing durable behind, so they are counted in memory and written in groups, and
 * no request waits for it.
 */
export class FailedRuns {
  private counts = new Map<string, number>();

  constructor(
    private readonly write: WriteFailedRuns,
    private readonly nowMs: () => number,
  ) {}

  /** A run of a version ended with an error. */
  note(modelVersionId: string, error: unknown): void {
    if (!(error instanceof AppError) || !failures.has(error.code)) return;
    this.counts.set(modelVersionId, (this.counts.get(modelVersionId) ?? 0) + 1);
  }

  /** Writes what was counted; what could not be written is kept. */
  async flush(): Promise<void> {
    if (this.counts.size === 0) return;
    const counts = this.counts;
    this.counts = new Map();
    try {
      await this.write(counts, this.nowMs());
    } catch (error) {
      for (const [id, count] of counts) this.counts.set(id, (this.counts.get(id) ?? 0) + count);
      throw error;
    }
  }
}
