import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { CommandError, exitCodes } from '../exit-codes.js';

const LOCK = '.sign-batch.lock';

/**
 * Runs work as the only writer of a folder: two that append to one proof would lose a batch. The lock of a process that
 * is gone counts for nothing.
 *
 * @throws CommandError `io` while another process writes
 */
export async function withFolderLock<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const file = join(folder, LOCK);
  take(file);
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}

function take(file: string): void {
  if (create(file)) return;
  const holder = Number(readFileSync(file, 'utf8'));
  if (isRunning(holder))
    throw new CommandError(
      exitCodes.io,
      `Process ${holder} is writing this folder. If there is none that does, delete ${file}.`,
    );
  rmSync(file, { force: true });
  if (!create(file))
    throw new CommandError(exitCodes.io, `Another process began to write this folder (${file}).`);
}

function create(file: string): boolean {
  try {
    const handle = openSync(file, 'wx');
    writeSync(handle, String(process.pid));
    closeSync(handle);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** A file without a number was left by a writer that was killed before it wrote one. */
function isRunning(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0 || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
