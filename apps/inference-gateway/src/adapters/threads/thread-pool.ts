import { AppError } from '@touchstone/contracts';
import { Worker, type Transferable } from 'node:worker_threads';

/** What a {@link ThreadPool} takes. */
export interface ThreadPoolOptions<Job> {
  /** A program of its own that answers each message with one. */
  readonly script: URL;
  readonly name: string;
  readonly threads: number;
  /** Jobs that may wait; one more is refused. */
  readonly queueMax: number;
  readonly timeoutMs: number;
  readonly heapMebibytes: number;
  /** What is refused where a job takes too much memory, and where it does not come back. */
  readonly outOfMemory: (cause: unknown) => AppError;
  readonly late: () => AppError;
  /** Memory of a job that changes hands. */
  readonly transferred?: (job: Job) => Transferable[];
}

interface Waiting<Job, Answer> {
  readonly job: Job;
  readonly settle: (answer: Answer | AppError) => void;
}

/** Does jobs in threads, one at a time in each; a thread that does not come back is replaced. */
export class ThreadPool<Job, Answer extends object> {
  private readonly idle: Worker[] = [];
  private readonly busy = new Set<Worker>();
  private readonly waiting: Waiting<Job, Answer>[] = [];
  private closed = false;

  constructor(private readonly options: ThreadPoolOptions<Job>) {}

  /** @throws AppError `queue-full`, `dependency-unavailable` at the end of the service, and what the options say */
  async run(job: Job): Promise<Answer> {
    const answer = await new Promise<Answer | AppError>((settle) => {
      if (this.closed) return settle(leaving());
      const { queueMax, name } = this.options;
      if (this.waiting.length >= queueMax)
        return settle(new AppError('queue-full', `${queueMax} jobs wait for a thread "${name}" already.`));
      this.waiting.push({ job, settle });
      this.next();
    });
    if (answer instanceof AppError) throw answer;
    return answer;
  }

  /** Ends the threads; who waits is refused. */
  async close(): Promise<void> {
    this.closed = true;
    for (const { settle } of this.waiting.splice(0)) settle(leaving());
    await Promise.all([...this.idle.splice(0), ...this.busy].map((thread) => thread.terminate()));
  }

  private next(): void {
    if (this.waiting.length === 0) return;
    const hasRoom = this.busy.size < this.options.threads;
    const thread = this.idle.pop() ?? (hasRoom ? this.start() : undefined);
    const first = thread && this.waiting.shift();
    if (thread && first) this.give(thread, first);
  }

  private start(): Worker {
    const { script, name, heapMebibytes } = this.options;
    const thread = new Worker(script, { name, resourceLimits: { maxOldGenerationSizeMb: heapMebibytes } });
    thread.unref();
    return thread;
  }

  private give(thread: Worker, { job, settle }: Waiting<Job, Answer>): void {
    const { timeoutMs, late, name, outOfMemory, transferred } = this.options;
    this.busy.add(thread);
    const end = (answer: Answer | AppError, isAlive: boolean) => {
      clearTimeout(timer);
      // Without a name, those would go too by which Node itself listens.
      for (const event of ['message', 'error', 'exit']) thread.removeAllListeners(event);
      // What ends it, ends it in its own time.
      thread.on('error', () => undefined);
      this.busy.delete(thread);
      if (isAlive && !this.closed) this.idle.push(thread);
      else void thread.terminate();
      settle(answer);
      this.next();
    };
    const timer = setTimeout(() => end(late(), false), timeoutMs);
    thread.once('message', (answer: Answer) => end(answer, true));
    thread.once('error', (cause: Error & { readonly code?: string }) => {
      const isMemory = cause.code === 'ERR_WORKER_OUT_OF_MEMORY';
      const failed = new AppError('internal', `The thread "${name}" failed.`, { cause });
      end(isMemory ? outOfMemory(cause) : failed, false);
    });
    thread.once('exit', () => end(leaving(), false));
    thread.postMessage(job, transferred?.(job) ?? []);
  }
}

function leaving(): AppError {
  return new AppError('dependency-unavailable', 'The service is shutting down.');
}
