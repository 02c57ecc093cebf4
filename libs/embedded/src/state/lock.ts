import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '@touchstone/contracts';
import { isRunning, ownIdentity, readIdentity, type ProcessIdentity } from '../process/identity.js';
import { createFolder } from './create-folder.js';

const ATTEMPTS_MAX = 5;

const lockPath = (stateDir: string): string => join(stateDir, 'lock');

/** The process that holds the state folder, if it still runs. */
export function lockHolder(stateDir: string): ProcessIdentity | undefined {
  const holder = readIdentity(lockPath(stateDir));
  return holder !== undefined && isRunning(holder) ? holder : undefined;
}

/** When the lock was taken, for messages. */
export function lockedSince(stateDir: string): string | undefined {
  try {
    const value = JSON.parse(readFileSync(lockPath(stateDir), 'utf8')) as { startedAt?: unknown };
    return typeof value.startedAt === 'string' ? value.startedAt : undefined;
  } catch {
    return undefined;
  }
}

/** Moves a lock aside whose process is gone; gives it back when somebody was faster and it is alive after all. */
function removeStale(path: string): void {
  const aside = `${path}.stale-${process.pid}`;
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  const moved = readIdentity(aside);
  if (moved !== undefined && isRunning(moved)) linkSync(aside, path);
  rmSync(aside, { force: true });
}

/**
 * Takes the state folder for this process. The lock holds pid and start time, so that a pid which the kernel gave
 * to another process is no lock; it appears by link(2), complete or not at all.
 *
 * @returns A function that gives the folder back.
 * @throws AppError `conflict` that names the process which holds it.
 */
export function acquireLock(stateDir: string): () => void {
  createFolder(stateDir);
  const path = lockPath(stateDir);
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify({ ...ownIdentity(), startedAt: new Date().toISOString() })}\n`);
  try {
    for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
      try {
        linkSync(draft, path);
        return () => releaseLock(path);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
      const holder = lockHolder(stateDir);
      if (holder) {
        throw new AppError(
          'conflict',
          `A stack runs already on ${stateDir} (pid ${holder.pid}, since ${lockedSince(stateDir) ?? 'an unknown time'}); ${join(stateDir, 'stack.json')} says where. ` +
            `Stop it with: touchstone down --state ${stateDir}`,
        );
      }
      removeStale(path);
    }
  } finally {
    rmSync(draft, { force: true });
  }
  throw new AppError('conflict', `The lock ${path} changes hands too fast; try again.`);
}

function releaseLock(path: string): void {
  const own = ownIdentity();
  const held = readIdentity(path);
  if (held?.pid === own.pid && held.startTime === own.startTime) rmSync(path, { force: true });
}
