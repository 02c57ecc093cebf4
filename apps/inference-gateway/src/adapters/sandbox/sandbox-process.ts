import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { AppError } from '@touchstone/contracts';
import { RuntimeWorker } from '../onnx/runtime-worker.js';
import type { WorkerJob } from '../onnx/worker-messages.js';
import { FrameReader, frameParts, SANDBOX_HEADER_BYTES_MAX, SANDBOX_TENSOR_BYTES_MAX } from './frames.js';
import { readAnswer } from './sandbox-answer.js';

/** Memory that the process of one added model may have, in bytes: Node, the runtime, the model and its tensors. */
export const SANDBOX_MEMORY_MAX_BYTES = 1_073_741_824;

/** The script lies beside src and dist, so that one path finds it from both. */
const SANDBOX_SCRIPT = fileURLToPath(new URL('../../../worker/sandbox.mjs', import.meta.url));

/**
 * Without compiled code: the JavaScript here only hands tensors on, no executable memory is wanted in this process, and
 * from Node 24 on V8 would take half of the bound for it.
 */
const NODE_OPTIONS = ['--jitless'];

/** Sets the limits and becomes the given command: data in KiB, no core dumps, no files. */
const LIMITED = 'ulimit -c 0 && ulimit -f 0 && ulimit -d "$1" && shift && exec "$@"';

/** The descriptor over which the process is spoken with. */
const CHANNEL = 3;

type NumberedJob = WorkerJob & { readonly id: number };

/**
 * A process of its own that runs one added model. It has no environment, so none of the gateway's secrets, cannot
 * write a file, and has a bound on its memory. Whatever the model makes the native runtime do ends with it: a crash
 * ends this process and not the service, and a run that does not come back is killed, which a thread cannot be.
 *
 * A model that breaks out of the runtime owns the process. It is therefore spoken with over a plain stream and not over
 * Node's own channel, which takes V8's serialised objects, commands and descriptors; a process that sends what was not
 * asked for, or more than it may, is killed.
 */
export class SandboxProcess extends RuntimeWorker {
  private readonly child: ChildProcess;
  private readonly channel: Socket;
  private readonly exited: Promise<unknown>;
  private asked:
    { readonly job: NumberedJob; readonly sinceMs: number; readonly reader: FrameReader } | undefined;

  constructor(options: { script?: string; memoryBytes?: number } = {}) {
    super();
    const { script = SANDBOX_SCRIPT, memoryBytes = SANDBOX_MEMORY_MAX_BYTES } = options;
    const kibibytes = String(Math.floor(memoryBytes / 1_024));
    const limits = [SANDBOX_HEADER_BYTES_MAX, SANDBOX_TENSOR_BYTES_MAX].map(String);
    this.child = spawn(
      '/bin/sh',
      ['-c', LIMITED, 'sh', kibibytes, process.execPath, ...NODE_OPTIONS, script, ...limits],
      {
        // Relative paths in a model would start here; it is always there, and nothing is written.
        cwd: '/',
        env: {},
        // Standard input ends with this process, and the child with it.
        stdio: ['pipe', 'ignore', 'ignore', 'pipe'],
      },
    );
    this.exited = once(this.child, 'exit').catch(() => undefined);
    this.channel = this.child.stdio[CHANNEL] as Socket;
    this.child.unref();
    this.channel.unref();
    const lifeline = this.child.stdin as Socket;
    lifeline.on('error', () => undefined).unref();
    this.channel.on('data', (chunk: Buffer) => this.receive(chunk));
    this.channel.on('error', (error) => this.end(error));
    this.child.on('error', (error) => this.end(error));
    this.child.on('exit', (code, signal) =>
      this.end(new Error(`the sandbox ended with ${signal ?? `code ${code}`}`)),
    );
  }

  /** The process id, for looking at it from outside. */
  get pid(): number | undefined {
    return this.child.pid;
  }

  async stopped(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) await this.exited;
  }

  protected override post(job: NumberedJob): void {
    this.asked = { job, sinceMs: performance.now(), reader: new FrameReader() };
    this.channel.cork();
    for (const part of partsOf(job)) this.channel.write(part);
    this.channel.uncork();
  }

  protected override kill(): void {
    this.child.kill('SIGKILL');
    // What it has sent on is read by nobody.
    this.channel.destroy();
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
  if (job.kind === 'load') return frameParts({ id: job.id, kind: job.kind, key: job.key }, [job.bytes]);
  const runs = job.runs.map((feeds) =>
    feeds.map(({ name, type, dims, data }) => ({ name, type, dims, bytes: data.byteLength })),
  );
  const tensors = job.runs.flat().map(({ data }) => new Uint8Array(data));
  return frameParts({ id: job.id, kind: job.kind, key: job.key, runs }, tensors);
}
