import { AppError } from '@touchstone/contracts';

/** Milliseconds that the first item of a group waits for others, unless its caller is the only one. */
export const BATCHER_DELAY_DEFAULT_MS = 2;
/** Items of one group. */
export const BATCHER_ITEMS_DEFAULT_MAX = 256;
/** Items that may wait; beyond that callers are refused, because what takes the groups is too slow. */
export const BATCHER_QUEUE_DEFAULT_MAX = 10_000;
/** Groups that are written at the same time. */
export const BATCHER_WRITERS_DEFAULT_MAX = 2;

/** How to write groups. */
export interface BatcherOptions<T, R> {
  /** Writes all items with one statement or transaction and returns one result for each, in order. */
  readonly write: (items: readonly T[]) => Promise<readonly R[]>;
  readonly delayMs?: number;
  readonly itemsMax?: number;
  readonly queueMax?: number;
  readonly writersMax?: number;
}

interface Waiting<T, R> {
  readonly item: T;
  readonly resolve: (result: R) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Collects items of many callers and writes them together: one commit with one flush of the write-ahead log, or one RPC,
 * then serves hundreds of callers. Each caller gets its result only after the write, so accepted still means durable.
 * A group that fails rejects all its callers with the same error, and none of its items was written.
 *
 * A lone caller does not wait for company that does not come: while nobody writes and the last group had one item, a
 * group is what comes in one turn of the event loop. As soon as callers meet, they gather, which costs less for all.
 */
export class Batcher<T, R = void> {
  private readonly queue: Waiting<T, R>[] = [];
  private readonly running = new Set<Promise<void>>();
  private lastSize = 0;
  /** Ends the wait of the next group; undefined while no group waits. */
  private stopWaiting: (() => void) | undefined;
  private closed = false;
  private readonly delayMs: number;
  private readonly itemsMax: number;
  private readonly queueMax: number;
  private readonly writersMax: number;

  constructor(private readonly options: BatcherOptions<T, R>) {
    this.delayMs = options.delayMs ?? BATCHER_DELAY_DEFAULT_MS;
    this.itemsMax = options.itemsMax ?? BATCHER_ITEMS_DEFAULT_MAX;
    this.queueMax = options.queueMax ?? BATCHER_QUEUE_DEFAULT_MAX;
    this.writersMax = options.writersMax ?? BATCHER_WRITERS_DEFAULT_MAX;
  }

  /**
   * Adds an item and resolves once it is written.
   *
   * @throws AppError `queue-full` when too many items wait or the batcher was closed
   */
  add(item: T): Promise<R> {
    if (this.closed) return Promise.reject(new AppError('queue-full', 'The service is shutting down.'));
    if (this.queue.length >= this.queueMax)
      return Promise.reject(new AppError('queue-full', `${this.queueMax} others wait already.`));
    return new Promise((resolve, reject) => {
      this.queue.push({ item, resolve, reject });
      this.schedule();
    });
  }

  /** Writes what waits and takes nothing new. */
  async close(): Promise<void> {
    this.closed = true;
    this.endWait();
    while (this.queue.length > 0 || this.running.size > 0) {
      this.startWriters();
      await Promise.race(this.running);
    }
  }

  private schedule(): void {
    if (this.queue.length >= this.itemsMax) return this.startFullGroups();
    if (this.stopWaiting !== undefined) return;
    const start = () => {
      this.stopWaiting = undefined;
      this.startWriters();
    };
    if (this.isQuiet()) {
      const turn = setImmediate(start);
      this.stopWaiting = () => clearImmediate(turn);
    } else {
      const timer = setTimeout(start, this.delayMs);
      this.stopWaiting = () => clearTimeout(timer);
    }
  }

  private isQuiet(): boolean {
    return this.running.size === 0 && this.lastSize <= 1;
  }

  private endWait(): void {
    this.stopWaiting?.();
    this.stopWaiting = undefined;
  }

  private startFullGroups(): void {
    while (this.queue.length >= this.itemsMax && this.running.size < this.writersMax) this.startWriter();
  }

  private startWriters(): void {
    while (this.queue.length > 0 && this.running.size < this.writersMax) this.startWriter();
  }

  private startWriter(): void {
    const group = this.queue.splice(0, this.itemsMax);
    this.lastSize = group.length;
    if (this.queue.length === 0) this.endWait();
    const writing = this.write(group).finally(() => {
      this.running.delete(writing);
      // What came while all writers were busy has waited long enough.
      const waited = this.stopWaiting === undefined;
      if (waited || this.isQuiet() || this.queue.length >= this.itemsMax) this.startWriters();
    });
    this.running.add(writing);
  }

  private async write(group: readonly Waiting<T, R>[]): Promise<void> {
    try {
      const results = await this.options.write(group.map(({ item }) => item));
      if (results.length !== group.length)
        throw new Error(`A group of ${group.length} items was written with ${results.length} results.`);
      for (const [index, waiting] of group.entries()) waiting.resolve(results[index] as R);
    } catch (error) {
      for (const waiting of group) waiting.reject(error);
    }
  }
}
