import { homedir } from 'node:os';
import { join } from 'node:path';
import { ownTemporaryFolder } from '../process/temporary-folder.js';
import { createFolder } from '../state/create-folder.js';

function userCacheFolder(environment: Readonly<Record<string, string | undefined>>): string {
  const configured = environment['XDG_CACHE_HOME'];
  if (configured) return join(configured, 'touchstone');
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'touchstone');
  return join(homedir(), '.cache', 'touchstone');
}

/**
 * The folder for programs that were fetched: per user, 0700, because what lies in it is executed. A user without a
 * writable home gets one below the temporary folder, where a link or a folder of somebody else is refused.
 */
export function cacheFolder(environment: Readonly<Record<string, string | undefined>> = process.env): string {
  try {
    // homedir() throws where HOME is not set and the uid has no entry of its own.
    const preferred = userCacheFolder(environment);
    createFolder(preferred, 0o700);
    return preferred;
  } catch {
    return ownTemporaryFolder('touchstone-cache');
  }
}
