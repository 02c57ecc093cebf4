import { spawn } from 'node:child_process';
import { closeSync, fstatSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { minimalEnvironment } from './environment.js';
import { isRunning, readIdentity, terminate } from './identity.js';
import { logSince, logTail, openLogFile } from './log-file.js';

/** How to run one server below the watchdog. */
export interface GuardedProcessPlan {
  readonly command: string;
  readonly args: readonly string[];
  readonly logFile: string;
  /** Holds the server's identity while it runs, so that a later start finds one that was left behind. */
  readonly pidFile: string;
  /** Sent one after the other, `graceMs` apart, until the server is gone; SIGKILL comes last by itself. */
  readonly signals: readonly NodeJS.Signals[];
  readonly graceMs: number;
  readonly user?: { readonly uid: number; readonly gid: number } | undefined;
  readonly environment?: Readonly<Record<string, string>>;
}

/** A running server. */
export interface GuardedProcess {
  /** Resolves with the exit code once the server is gone. */
  readonly exited: Promise<number>;
  hasExited(): boolean;
  /** Stops the server and waits for it, bounded by the plan's signals. */
  stop(): Promise<void>;
  logTail(): string;
  /** True once the server has written that text since it was started. */
  hasLogged(text: string): boolean;
}

const watchdog = fileURLToPath(new URL('../../bin/watchdog.mjs', import.meta.url));

/**
 * Stops a server that an earlier, killed launcher left behind. The caller holds the lock of the state folder, so
 * whatever the pid file names belongs to nobody else.
 */
async function stopLeftover(plan: GuardedProcessPlan): Promise<void> {
  const leftover = readIdentity(plan.pidFile);
  if (leftover === undefined || !isRunning(leftover)) return;
  await terminate(leftover, [...plan.signals, 'SIGKILL'], plan.graceMs);
}

/**
 * Starts a server below the watchdog, in a session of its own: Ctrl-C at the terminal reaches the launcher alone,
 * which then stops the parts in order, and a launcher killed with SIGKILL closes the pipe that the watchdog reads.
 */
export async function startGuardedProcess(plan: GuardedProcessPlan): Promise<GuardedProcess> {
  mkdirSync(dirname(plan.pidFile), { recursive: true });
  await stopLeftover(plan);
  const log = openLogFile(plan.logFile);
  const logStart = fstatSync(log).size;
  const { command, args, pidFile, signals, graceMs, user } = plan;
  const child = spawn(
    process.execPath,
    [watchdog, JSON.stringify({ command, args, pidFile, signals, graceMs, ...user })],
    {
      cwd: '/',
      detached: true,
      stdio: ['pipe', log, log],
      env: { ...minimalEnvironment(), ...plan.environment },
    },
  );
  closeSync(log);
  let gone = false;
  const exited = new Promise<number>((resolve) => {
    const finish = (code: number): void => {
      gone = true;
      resolve(code);
    };
    child.on('exit', (code) => finish(code ?? 128));
    child.on('error', () => finish(127));
  });
  // The watchdog may be gone already when the pipe is closed; that is what closing it asks for.
  child.stdin?.on('error', () => undefined);
  return {
    exited,
    hasExited: () => gone,
    logTail: () => logTail(plan.logFile),
    hasLogged: (text) => logSince(plan.logFile, logStart).includes(text),
    stop: async () => {
      child.stdin?.end();
      const bound = setTimeout(() => child.kill('SIGKILL'), graceMs * (signals.length + 1) + 2_000);
      await exited;
      clearTimeout(bound);
    },
  };
}
