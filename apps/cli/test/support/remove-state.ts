import { rmSync } from 'node:fs';
import { resetState } from '@touchstone/embedded';

/**
 * Deletes the state folder of a stack that has ended, and what PostgreSQL kept elsewhere because its account cannot
 * enter a private folder.
 */
export function removeState(stateDir: string): void {
  try {
    resetState(stateDir);
  } finally {
    // The watchdogs of what the command has started outlive it by a moment.
    rmSync(stateDir, { recursive: true, force: true, maxRetries: 20, retryDelay: 250 });
  }
}
