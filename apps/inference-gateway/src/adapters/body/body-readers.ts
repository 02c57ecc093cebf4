import { AppError } from '@touchstone/contracts';
import type { BodyAnswer, BodyJob, LargeBodies } from '../../domain/request/large-body.js';
import { ThreadPool } from '../threads/thread-pool.js';

/** Threads that read large bodies; the others wait, with what they hold of the budget for bodies. */
const BODY_THREADS = 2;

/** Milliseconds that reading one body may take; 64 MiB of the slowest kind take a tenth of it on a core of their own. */
const BODY_READ_TIMEOUT_MS = 60_000;

/** Memory of a thread for what it reads: that of an honest body of 64 MiB twice over. A body that takes more ends its thread. */
const HEAP_MEBIBYTES = 768;

/** Share of the memory of its container that one thread may take: it is the memory of the whole service. */
const CONTAINER_SHARE = 4;

const MEBIBYTE = 1_048_576;

/** @param containerBytes what the container may take; 0 where it is not bounded */
export function heapMebibytesFor(containerBytes: number): number {
  const share = Math.floor(containerBytes / MEBIBYTE / CONTAINER_SHARE);
  return containerBytes > 0 ? Math.min(HEAP_MEBIBYTES, share) : HEAP_MEBIBYTES;
}

/** The bundled program beside src and dist, so that one path finds it from both. */
const THREAD_SCRIPT = new URL('../../../bundle/adapters/body/body-thread.js', import.meta.url);

/** What {@link BodyReaders} takes. */
export interface BodyReadersOptions {
  readonly script?: URL;
  readonly timeoutMs?: number;
  readonly heapMebibytes?: number;
}

/** Reads large bodies in threads, one body at a time in each. */
export class BodyReaders implements LargeBodies {
  private readonly pool: ThreadPool<BodyJob, BodyAnswer>;

  constructor({
    script = THREAD_SCRIPT,
    timeoutMs = BODY_READ_TIMEOUT_MS,
    heapMebibytes = heapMebibytesFor(process.constrainedMemory() ?? 0),
  }: BodyReadersOptions = {}) {
    this.pool = new ThreadPool({
      ...{ script, name: 'body', threads: BODY_THREADS, timeoutMs, heapMebibytes },
      // As many as the budget for bodies lets in.
      queueMax: Number.POSITIVE_INFINITY,
      late: () => new AppError('timeout', `The body could not be read within ${timeoutMs} ms.`),
      outOfMemory: (cause) =>
        new AppError(
          'body-too-large',
          'Reading the body takes more memory than it may; send the data flat, without arrays inside.',
          { cause },
        ),
      transferred: ({ parts }) => parts.filter(isWhole).map(({ buffer }) => buffer),
    });
  }

  async read(job: BodyJob): Promise<BodyAnswer & { ok: true }> {
    const answer = await this.pool.run(job);
    if (answer.ok) return answer;
    const { code, message, details = [] } = answer.error;
    throw new AppError(code, message, { details });
  }

  /** Ends the threads; who waits is refused. */
  close(): Promise<void> {
    return this.pool.close();
  }
}

/** Memory that is shared with other bytes cannot change hands; it is copied. */
const isWhole = (part: Uint8Array): part is Uint8Array<ArrayBuffer> =>
  part.byteLength === part.buffer.byteLength && part.buffer instanceof ArrayBuffer;
