import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';

/** Sets the limits and becomes the given command: data in KiB, no core dumps, no files. */
const LIMITED = 'ulimit -c 0 && ulimit -f 0 && ulimit -d "$1" && shift && exec "$@"';

/** The descriptor over which the process is spoken with. */
const CHANNEL = 3;

/** What a {@link LimitedProcess} takes. */
export interface LimitedProcessOptions {
  readonly script: string;
  readonly arguments: readonly string[];
  readonly nodeOptions: readonly string[];
  readonly memoryBytes: number;
  /** What it sent; nothing more comes once it was killed. */
  readonly onData: (chunk: Buffer) => void;
  /** It ended, or cannot be spoken with. */
  readonly onEnd: (reason: Error) => void;
}

/**
 * A process of its own that may belong to whoever made what it works on. It has no environment, so none of the gateway's secrets, cannot
 * write a file, and has a bound on its memory. It is spoken with over a plain stream and not over Node's own channel, which takes V8's
 * serialised objects, commands and descriptors.
 */
export class LimitedProcess {
  private readonly child: ChildProcess;
  private readonly channel: Socket;
  private readonly exited: Promise<unknown>;

  constructor(options: LimitedProcessOptions) {
    const { script, nodeOptions, memoryBytes, onData, onEnd } = options;
    const kibibytes = String(Math.floor(memoryBytes / 1_024));
    this.child = spawn(
      '/bin/sh',
      ['-c', LIMITED, 'sh', kibibytes, process.execPath, ...nodeOptions, script, ...options.arguments],
      {
        // Relative paths would start here; it is always there, and nothing is written.
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
    this.channel.on('data', onData);
    this.channel.on('error', onEnd);
    this.child.on('error', onEnd);
    this.child.on('exit', (code, signal) =>
      onEnd(new Error(`the process ended with ${signal ?? `code ${code}`}`)),
    );
  }

  /** The process id, for looking at it from outside. */
  get pid(): number | undefined {
    return this.child.pid;
  }

  send(parts: readonly Uint8Array[]): void {
    this.channel.cork();
    for (const part of parts) this.channel.write(part);
    this.channel.uncork();
  }

  kill(): void {
    this.child.kill('SIGKILL');
    // What it has sent on is read by nobody.
    this.channel.destroy();
  }

  /** Resolves when the process is gone. */
  async stopped(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) await this.exited;
  }
}
