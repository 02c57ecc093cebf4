import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { RuntimeWorker } from '../onnx/runtime-worker.js';
import type { WorkerAnswer, WorkerJob } from '../onnx/worker-messages.js';

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

/**
 * A process of its own that runs one added model. It has no environment, so none of the gateway's secrets, cannot
 * write a file, and has a bound on its memory. Whatever the model makes the native runtime do ends with it: a crash
 * ends this process and not the service, and a run that does not come back is killed, which a thread cannot be.
 */
export class SandboxProcess extends RuntimeWorker {
  private readonly child: ChildProcess;
  private readonly exited: Promise<unknown>;

  constructor(options: { script?: string; memoryBytes?: number } = {}) {
    super();
    const { script = SANDBOX_SCRIPT, memoryBytes = SANDBOX_MEMORY_MAX_BYTES } = options;
    const kibibytes = String(Math.floor(memoryBytes / 1_024));
    this.child = spawn(
      '/bin/sh',
      ['-c', LIMITED, 'sh', kibibytes, process.execPath, ...NODE_OPTIONS, script],
      {
        // Relative paths in a model would start here.
        cwd: tmpdir(),
        env: {},
        serialization: 'advanced',
        stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      },
    );
    this.exited = once(this.child, 'exit').catch(() => undefined);
    this.child.unref();
    this.child.channel?.unref();
    this.child.on('message', (answer) => this.settle(answer as WorkerAnswer));
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

  protected override post(job: WorkerJob & { readonly id: number }): void {
    // A channel that is gone is also told by `exit`, which settles the job.
    this.child.send(job, () => undefined);
  }

  protected override kill(): void {
    this.child.kill('SIGKILL');
  }
}
