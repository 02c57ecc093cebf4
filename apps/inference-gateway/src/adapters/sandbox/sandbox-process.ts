import { fileURLToPath } from 'node:url';
import { AppError } from '@touchstone/contracts';
import { RuntimeWorker } from '../onnx/runtime-worker.js';
import type { WorkerJob } from '../onnx/worker-messages.js';
import { FrameReader, frameParts, SANDBOX_HEADER_BYTES_MAX, SANDBOX_TENSOR_BYTES_MAX } from './frames.js';
import { LimitedProcess } from './limited-process.js';
import { readAnswer } from './sandbox-answer.js';

/** Memory that the process of one added model may have besides its file, in bytes: Node, the runtime and the tensors. */
export const SANDBOX_MEMORY_MAX_BYTES = 1_073_741_824;

/** How often the file may lie in that memory besides: as it is read, as it is run, and as the runtime rearranges it. */
export const SANDBOX_FILE_COPIES_MAX = 3;

/** The script lies beside src and dist, so that one path finds it from both. */
const SANDBOX_SCRIPT = fileURLToPath(new URL('../../../worker/sandbox.mjs', import.meta.url));

/**
 * Without compiled code: the JavaScript here only hands tensors on, no executable memory is wanted in this process, and
 * from Node 24 on V8 would take half of the bound for it.
 */
const NODE_OPTIONS = ['--jitless'];

type NumberedJob = WorkerJob & { readonly id: number };

/**
 * A process of its own that runs one added model. Whatever the model makes the native runtime do ends with it: a crash
 * ends this process and not the service, and a run that does not come back is killed, which a thread cannot be.
 *
 * A model that breaks out of the runtime owns the process; one that sends what was not asked for, or more than it may, is
 * killed.
 */
export class SandboxProcess extends RuntimeWorker {
  private readonly process: LimitedProcess;
  private asked:
    { readonly job: NumberedJob; readonly sinceMs: number; readonly reader: FrameReader } | undefined;

  constructor(options: { script?: string; memoryBytes?: number } = {}) {
    super();
    const { script = SANDBOX_SCRIPT, memoryBytes = SANDBOX_MEMORY_MAX_BYTES } = options;
    this.process = new LimitedProcess({
      ...{ script, memoryBytes },
      arguments: [SANDBOX_HEADER_BYTES_MAX, SANDBOX_TENSOR_BYTES_MAX].map(String),
      nodeOptions: NODE_OPTIONS,
      onData: (chunk) => this.receive(chunk),
      onEnd: (reason) => this.end(reason),
    });
  }

  /** The process id, for looking at it from outside. */
  get pid(): number | undefined {
    return this.process.pid;
  }

  stopped(): Promise<void> {
    return this.process.stopped();
  }

  protected override post(job: NumberedJob): void {
    this.asked = { job, sinceMs: performance.now(), reader: new FrameReader() };
    this.process.send(partsOf(job));
  }

  protected override kill(): void {
    this.process.kill();
  }

  private receive(chunk: Buffer): void {
    if (this.ended) return;
    try {
      if (!this.asked) throw new Error('it spoke without being asked');
      const { job, sinceMs, reader } = this.asked;
      const frame = reader.push(chunk);
      if (!frame) return;
      const answer = readAnswer(frame, { job, elapsedMs: performance.now() - sinceMs });
      this.asked = undefined;
      this.settle(answer);
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      this.end(new AppError('inference-failed', `The process of the model was stopped, because ${detail}.`));
    }
  }
}

function partsOf(job: NumberedJob): Uint8Array[] {
  if (job.kind === 'load') return frameParts({ ...job }, []);
  const runs = job.runs.map((feeds) =>
    feeds.map(({ name, type, dims, data }) => ({ name, type, dims, bytes: data.byteLength })),
  );
  const tensors = job.runs.flat().map(({ data }) => new Uint8Array(data));
  return frameParts({ id: job.id, kind: job.kind, key: job.key, runs }, tensors);
}
