import { AppError } from '@touchstone/contracts';
import { PreparerProcess, type PreparerOptions } from './preparer-process.js';

/** Jobs that may wait for a process; at some hundred milliseconds for a large picture, more would wait longer than their callers do. */
export const PREPARATIONS_WAITING_MAX = 64;

/** What a {@link PreparerPool} takes. */
export interface PreparerPoolOptions extends PreparerOptions {
  readonly processes: number;
  readonly waitingMax?: number;
}

/** Processes that start when they are needed and are replaced when they end. */
export class PreparerPool {
  private readonly idle: PreparerProcess[] = [];
  private readonly busy = new Set<PreparerProcess>();
  private readonly waiting: { start: () => void; refuse: (error: AppError) => void }[] = [];
  private closed = false;

  constructor(private readonly options: PreparerPoolOptions) {}

  /** @throws AppError `queue-full`, `dependency-unavailable`, and what the work throws */
  async with<T>(work: (process: PreparerProcess) => Promise<T>): Promise<T> {
    const process = await this.acquire();
    try {
      return await work(process);
    } finally {
      this.busy.delete(process);
      if (!process.ended) this.idle.push(process);
      this.waiting.shift()?.start();
    }
  }

  /** Ends all processes and waits for them; who waits is refused. */
  async close(): Promise<void> {
    this.closed = true;
    for (const { refuse } of this.waiting.splice(0)) refuse(leaving());
    const processes = [...this.idle.splice(0), ...this.busy];
    for (const process of processes) process.end(leaving());
    await Promise.all(processes.map((process) => process.stopped()));
  }

  private async acquire(): Promise<PreparerProcess> {
    for (;;) {
      if (this.closed) throw leaving();
      const process = this.take();
      if (process) return process;
      const waitingMax = this.options.waitingMax ?? PREPARATIONS_WAITING_MAX;
      if (this.waiting.length >= waitingMax)
        throw new AppError('queue-full', `${waitingMax} requests wait to be read; try again in a second.`, {
          retryAfterSeconds: 1,
        });
      await new Promise<void>((start, refuse) => this.waiting.push({ start, refuse }));
    }
  }

  private take(): PreparerProcess | undefined {
    let process = this.idle.pop();
    while (process?.ended) process = this.idle.pop();
    if (!process && this.busy.size < this.options.processes) process = new PreparerProcess(this.options);
    if (process) this.busy.add(process);
    return process;
  }
}

const leaving = (): AppError => new AppError('dependency-unavailable', 'The service is shutting down.');
