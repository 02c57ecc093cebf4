import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { ownTemporaryFolder } from '../process/temporary-folder.js';

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
  const preferred = userCacheFolder(environment);
  try {
    mkdirSync(preferred, { recursive: true, mode: 0o700 });
    return preferred;
  } catch {
    return ownTemporaryFolder('touchstone-cache');
  }
}
