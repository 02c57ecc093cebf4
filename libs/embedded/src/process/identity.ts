import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * A process as the kernel knows it: the pid and when it started, because a pid alone is soon given to somebody
 * else. `startTime` is opaque text: clock ticks since boot on Linux, `ps`'s start time elsewhere.
 */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startTime: string | null;
}

function startTimeFromProc(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the command in parentheses and may hold anything; field 22 is the start time (proc(5)).
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

function startTimeFromPs(pid: number): string | undefined {
  try {
    const text = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
    return text === '' ? undefined : text;
  } catch {
    return undefined;
  }
}

/** When `pid` started, or undefined when no such process runs (a zombie does not run). */
export function processStartTime(pid: number): string | undefined {
  return process.platform === 'linux' ? startTimeFromProc(pid) : startTimeFromPs(pid);
}

/** The identity of this process. */
export function ownIdentity(): ProcessIdentity {
  return { pid: process.pid, startTime: processStartTime(process.pid) ?? null };
}

/** True while exactly that process runs; a recycled pid has another start time and is not it. */
export function isRunning(identity: ProcessIdentity): boolean {
  const startTime = processStartTime(identity.pid);
  return startTime !== undefined && startTime === identity.startTime;
}

/** Reads an identity that was stored as JSON; anything unreadable is undefined. */
export function readIdentity(path: string): ProcessIdentity | undefined {
  try {
    const value = JSON.parse(readFileSync(path, 'utf8')) as Partial<ProcessIdentity> | null;
    if (typeof value?.pid !== 'number' || !Number.isSafeInteger(value.pid) || value.pid <= 1)
      return undefined;
    return { pid: value.pid, startTime: typeof value.startTime === 'string' ? value.startTime : null };
  } catch {
    return undefined;
  }
}

/** Waits until the process is gone; false when it still runs after `timeoutMs`. */
export async function waitUntilGone(identity: ProcessIdentity, timeoutMs: number): Promise<boolean> {
  const deadline = Date.now() + timeoutMs;
  while (isRunning(identity)) {
    if (Date.now() > deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  return true;
}

/** Sends each signal in turn, waiting `graceMs` after each; true when the process is gone. */
export async function terminate(
  identity: ProcessIdentity,
  signals: readonly NodeJS.Signals[],
  graceMs: number,
): Promise<boolean> {
  for (const signal of signals) {
    if (!isRunning(identity)) return true;
    try {
      process.kill(identity.pid, signal);
    } catch {
      return !isRunning(identity);
    }
    if (await waitUntilGone(identity, graceMs)) return true;
  }
  return !isRunning(identity);
}
