import { ProverError } from './prover-error.js';

/** How long something may still take, and whether anybody waits for it. */
export class TimeBudget {
  private readonly endMs: number;

  /** @param nowMs a monotonic clock */
  constructor(
    readonly totalMs: number,
    readonly signal: AbortSignal = new AbortController().signal,
    private readonly nowMs: () => number = () => performance.now(),
  ) {
    this.endMs = nowMs() + totalMs;
  }

  get remainingMs(): number {
    return Math.max(0, this.endMs - this.nowMs());
  }

  /** @throws ProverError `deadline` or `aborted` */
  require(): void {
    if (this.signal.aborted) throw new ProverError('aborted', 'It was called off.');
    if (this.remainingMs <= 0)
      throw new ProverError('deadline', `It was not done within ${this.totalMs} ms.`);
  }

  /** A part of what is left, so that another attempt has the rest. */
  share(part: number): TimeBudget {
    return new TimeBudget(this.remainingMs * part, this.signal, this.nowMs);
  }
}
