import { AppError } from '@touchstone/contracts';
import { Worker } from 'node:worker_threads';
import type { BodyAnswer, BodyJob, LargeBodies } from '../../domain/request/large-body.js';

/** Threads that read large bodies; the others wait, with what they hold of the budget for bodies. */
const BODY_THREADS = 2;

/** Milliseconds that reading one body may take; 64 MiB of the slowest kind take a tenth of it on a core of their own. */
const BODY_READ_TIMEOUT_MS = 60_000;

/** Memory of a thread for what it reads: that of an honest body of 64 MiB twice over. A body that takes more ends its thread. */
const HEAP_MEBIBYTES = 768;

/** The bundled program beside src and dist, so that one path finds it from both. */
const THREAD_SCRIPT = new URL('../../../bundle/adapters/body/body-thread.js', import.meta.url);

/** What {@link BodyReaders} takes. */
export interface BodyReadersOptions {
  readonly script?: URL;
  readonly timeoutMs?: number;
  readonly heapMebibytes?: number;
}

type Settle = (answer: BodyAnswer | AppError) => void;

/** Reads large bodies in threads, one body at a time in each; a thread that does not come back is replaced. */
export class BodyReaders implements LargeBodies {
  private readonly idle: BodyThread[] = [];
  private readonly busy = new Set<BodyThread>();
  private readonly waiting: { readonly job: BodyJob; readonly settle: Settle }[] = [];
  private closed = false;

  constructor(private readonly options: BodyReadersOptions = {}) {}

  async read(job: BodyJob): Promise<BodyAnswer & { ok: true }> {
    const answer = await new Promise<BodyAnswer | AppError>((settle) => {
      if (this.closed) return settle(leaving());
      this.waiting.push({ job, settle });
      this.next();
    });
    if (answer instanceof AppError) throw answer;
    if (answer.ok) return answer;
    const { code, message, details = [] } = answer.error;
    throw new AppError(code, message, { details });
  }

  /** Ends the threads; who waits is refused. */
  async close(): Promise<void> {
    this.closed = true;
    for (const { settle } of this.waiting.splice(0)) settle(leaving());
    await Promise.all([...this.idle.splice(0), ...this.busy].map((thread) => thread.end(leaving())));
  }

  private next(): void {
    if (this.waiting.length === 0) return;
    const thread = this.idle.pop() ?? (this.busy.size < BODY_THREADS ? this.start() : undefined);
    const first = thread && this.waiting.shift();
    if (thread === undefined || first === undefined) return;
    this.busy.add(thread);
    thread.give(first.job, (answer) => {
      this.busy.delete(thread);
      if (!thread.ended) this.idle.push(thread);
      first.settle(answer);
      this.next();
    });
  }

  private start(): BodyThread {
    const { script = THREAD_SCRIPT, heapMebibytes = HEAP_MEBIBYTES, timeoutMs } = this.options;
    return new BodyThread(script, heapMebibytes, timeoutMs ?? BODY_READ_TIMEOUT_MS);
  }
}

/** One thread. It ends with the first body that it does not come back from. */
class BodyThread {
  ended = false;
  private readonly worker: Worker;
  private pending: { readonly settle: Settle; readonly timer: NodeJS.Timeout } | undefined;

  constructor(
    script: URL,
    heapMebibytes: number,
    private readonly timeoutMs: number,
  ) {
    this.worker = new Worker(script, {
      name: 'body',
      resourceLimits: { maxOldGenerationSizeMb: heapMebibytes },
    });
    this.worker.unref();
    this.worker.on('message', (answer: BodyAnswer) => this.settle(answer));
    this.worker.on('error', (error: Error) => void this.end(refusalOf(error)));
    this.worker.on('exit', () => void this.end(leaving()));
  }

  give(job: BodyJob, settle: Settle): void {
    const { timeoutMs } = this;
    const late = () =>
      void this.end(new AppError('timeout', `The body could not be read within ${timeoutMs} ms.`));
    this.pending = { settle, timer: setTimeout(late, timeoutMs) };
    this.worker.postMessage(
      job,
      job.parts.filter(isWhole).map(({ buffer }) => buffer),
    );
  }

  /** Ends the thread; what it was reading gets `reason`. */
  async end(reason: AppError): Promise<void> {
    if (!this.ended) {
      this.ended = true;
      this.settle(reason);
    }
    await this.worker.terminate();
  }

  private settle(answer: BodyAnswer | AppError): void {
    const { pending } = this;
    this.pending = undefined;
    clearTimeout(pending?.timer);
    pending?.settle(answer);
  }
}

/** Memory that is shared with other bytes cannot change hands; it is copied. */
const isWhole = (part: Uint8Array): part is Uint8Array<ArrayBuffer> =>
  part.byteLength === part.buffer.byteLength && part.buffer instanceof ArrayBuffer;

function refusalOf(cause: Error & { readonly code?: string }): AppError {
  if (cause.code !== 'ERR_WORKER_OUT_OF_MEMORY')
    return new AppError('internal', 'The thread that reads bodies failed.', { cause });
  return new AppError(
    'body-too-large',
    'Reading the body takes more memory than it may; send the data flat, without arrays inside.',
    { cause },
  );
}

function leaving(): AppError {
  return new AppError('dependency-unavailable', 'The service is shutting down.');
}
