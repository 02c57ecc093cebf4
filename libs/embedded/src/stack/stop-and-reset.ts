import { existsSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { AppError } from '@touchstone/contracts';
import { fallbackDataFolder } from '../postgres/location.js';
import { terminate } from '../process/identity.js';
import { repositoryRoot } from '../repository-root.js';
import { acquireLock, lockHolder } from '../state/lock.js';
import { claimState } from './claim-state.js';
import { stackLayout, stateEntries } from './layout.js';

/** Every part has its own bound; this is above the sum that a stack with a hanging service needs. */
const STOP_TIMEOUT_MS = 90_000;

/**
 * Stops the stack that runs on a state folder and waits for it.
 *
 * @returns False when none was running.
 * @throws AppError `timeout` when it still runs after 90 s.
 */
export async function stopRunning(stateDir: string): Promise<boolean> {
  const holder = lockHolder(resolve(stateDir));
  if (holder === undefined) return false;
  if (await terminate(holder, ['SIGTERM'], STOP_TIMEOUT_MS)) return true;
  throw new AppError(
    'timeout',
    `The stack (pid ${holder.pid}) did not stop within ${STOP_TIMEOUT_MS / 1000} s; its logs are in ${join(stateDir, 'logs')}.`,
  );
}

/**
 * Deletes what the launcher has created in a state folder, secrets and data included, and nothing else in it.
 *
 * @returns False when there was nothing to delete.
 * @throws AppError `conflict` while a stack runs on it, or when what lies there is not a stack's.
 */
export function resetState(stateDir: string, checkout: string = repositoryRoot): boolean {
  const folder = resolve(stateDir);
  if (!existsSync(folder)) return false;
  const release = acquireLock(folder);
  try {
    const found = claimState(folder);
    const elsewhere = fallbackDataFolder(resolve(checkout), stackLayout(folder).postgres);
    for (const path of [...stateEntries.map((name) => join(folder, name)), elsewhere]) {
      rmSync(path, { recursive: true, force: true });
    }
    return found;
  } finally {
    release();
  }
}
